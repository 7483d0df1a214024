"""Every option of every command with nonsense, every output that cannot be written: one line and exit status 2.

The cases are made from the tree of commands, so that a new command or option is swept without a line here.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tree import commands, parameters

from perovex.elasticity.potentials import by_name
from perovex.report import Document, save_report

#: What a command needs besides the option that is tested; others get a crystal, or a place to write, as they ask.
NEEDED = {
    "build": ["CCCC[NH3+]"],
    "collect": ["{records}", "--out", "{new}"],
    "elastic": ["{tensor}"],
    "label": ["{crystal}", "--out", "{new}"],
    "minima": ["{crystal}", "--out", "{new}"],
    "report": ["{study}"],
    "screen": ["{spacers}"],
    "suggest": ["{spacers}"],
    "study": ["--out", "{new}", "--quick", "--quiet"],
}
#: Texts that mean nothing to the program, so that no value of them is nonsense.
FREE_TEXT = {
    ("label", "origin"): "goes on record as it is",
    ("minima", "origin"): "goes on record as it is",
    ("collect", "version"): "any name of a version",
    ("collect", "notes"): "goes into the manifest as it is",
    ("report", "title"): "goes on the report as it is",
    ("report", "authors"): "goes on the report as it is",
    ("report", "notes"): "goes on the report as it is",
    ("study", "title"): "goes on the report as it is",
    ("study", "authors"): "goes on the report as it is",
    ("study", "notes"): "goes on the report as it is",
}
#: Options that only count together with another, which is then given too.
TOGETHER = {
    ("build", "potential"): ["--relax"],
    ("build", "cage"): ["-n", "2"],
    ("screen", "window"): ["--rank", "window"],
    ("screen", "potential"): ["--label", "1", "--search", "{new}"],
    ("suggest", "descriptor"): ["--by", "claim"],
    ("predict", "metal"): ["--spacer", "CCCC[NH3+]"],
    ("predict", "halide"): ["--spacer", "CCCC[NH3+]"],
    ("predict", "n"): ["--spacer", "CCCC[NH3+]"],
    ("predict", "cage"): ["--spacer", "CCCC[NH3+]", "--n", "2"],
}
NONSENSE = {int: ["many", "1.5", "-7", "nan"], float: ["much", "nan", "-7", "inf"], str: ["nonsense", ""]}
SECONDS = 6.0  # of the processor, with imports; a study or a label takes longer

PARAMETERS = [parameter for command in commands() for parameter in parameters(command)]


def _arguments(parameter, value, places):
    """Return the command line with this value, and what else the command needs."""
    line = [item.format_map(places) for item in NEEDED.get(parameter.command, _default_needs(parameter.command))]
    line += [item.format_map(places) for item in TOGETHER.get((parameter.command, parameter.name), [])]
    if not parameter.option:  # instead of the arguments, which come first
        first_option = next((place for place, item in enumerate(line) if item.startswith("-")), len(line))
        return [*parameter.command.split(), value, *line[first_option:]]
    if parameter.option in line:
        place = line.index(parameter.option)
        del line[place : place + 2]
    if ("--spacer" in line or parameter.option == "--spacer") and line[0] == str(places["crystal"]):
        del line[0]
    return [*parameter.command.split(), *line, f"{parameter.option}={value}" if parameter.option[1] == "-" else
            parameter.option + value]  # fmt: skip


def _default_needs(command):
    given = parameters(command)
    line = ["{crystal}" for item in given if not item.option and item.name == "files"]
    for item in given:
        if item.required and item.option:
            line += [item.option, "{new}" if item.is_output else "{crystal}"]
        elif item.required and item.name != "files":
            line.append("{crystal}")
    return line


@pytest.fixture(scope="module")
def places(two_crystals, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "records").mkdir()
    (folder / "records" / "x@y.json").write_text("{}")
    (folder / "spacers.smi").write_text("CCCC[NH3+]\n")
    (folder / "tensor.txt").write_text("\n".join(" ".join("9" if i == j else "1" for i in range(6)) for j in range(6)))
    (folder / "study").mkdir()
    save_report(Document("Made"), folder / "study")
    return {
        "study": str(folder / "study"),
        "spacers": str(folder / "spacers.smi"),
        "tensor": str(folder / "tensor.txt"),
        "crystal": str(two_crystals[0]),
        "new": str(folder / "new"),
        "records": str(folder / "records"),
    }


def _values():
    for item in PARAMETERS:
        if item.kind is bool or (item.command, item.name) in FREE_TEXT or item.kind is Path:
            continue
        for value in NONSENSE[item.kind]:
            yield pytest.param(item, value, id=f"{item.command} {item.option or item.name}={value!r}")


@pytest.mark.parametrize(("parameter", "value"), _values())
def test_a_nonsensical_value_is_refused_in_one_line(perovex, places, parameter, value):
    done = perovex(*_arguments(parameter, value, places), limit=SECONDS)
    done.assert_refused()
    assert not Path(places["new"]).exists()


@pytest.mark.parametrize(
    "parameter",
    [
        pytest.param(item, id=f"{item.command} {item.option or item.name}")
        for item in PARAMETERS
        if item.kind is Path and not item.is_output
    ],
)
@pytest.mark.parametrize("kind", ["missing", "empty name", "folder", "foreign file", "long name", "null"])
def test_an_input_that_cannot_be_read_is_refused_in_one_line(perovex, places, tmp_path, parameter, kind):
    (tmp_path / "folder").mkdir()
    (tmp_path / "foreign.bin").write_bytes(b"\x00\xff\xfe PK\x03\x04")
    value = {
        "missing": tmp_path / "none",
        "empty name": "",
        "folder": tmp_path / "folder",
        "foreign file": tmp_path / "foreign.bin",
        "long name": "x" * 5000,
        "null": "a\0b",
    }[kind]
    done = perovex(*_arguments(parameter, str(value), places), limit=SECONDS)
    done.assert_refused()


BLOCKED = ("empty name", "folder", "under a file", "under a device", "loop of links", "long name", "null", "ending")
#: Outputs that are folders, which have no ending and may exist.
FOLDERS = {
    *((command, "out") for command in ("study", "label", "collect", "minima", "validate-labels")),
    ("predict", "figures"),
    ("screen", "parts"),
}


def _outputs():
    for item in PARAMETERS:
        if item.is_output:
            for kind in BLOCKED:
                if (item.command, item.name) in FOLDERS and kind in {"folder", "ending", "empty name"}:
                    continue
                yield pytest.param(item, kind, id=f"{item.command} {kind}")


@pytest.mark.parametrize(("parameter", "kind"), _outputs())
def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    perovex, places, tmp_path, monkeypatch, parameter, kind
):
    monkeypatch.setattr(by_name, "find_spec", lambda _: None)  # not even for want of an extra
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").write_text("something")
    loop = tmp_path / "loop.csv"
    loop.symlink_to(loop)
    value = {
        "empty name": "",
        "folder": tmp_path / "folder.csv",
        "under a file": tmp_path / "file" / "out.csv",
        "under a device": "/dev/null/out.csv",
        "loop of links": loop,
        "long name": f"{tmp_path}/{'x' * 300}.csv",
        "null": "a\0b.csv",
        "ending": tmp_path / "out.xyzzy",
    }[kind]
    for suffix in (".csv", ".json", ".md", ".cif"):  # one of them is known to the command, unless none shall be
        changed = str(value).replace(".csv", suffix)
        if kind == "folder":
            Path(changed).mkdir(exist_ok=True)
        if kind == "loop of links" and changed != str(loop):
            Path(changed).symlink_to(changed)
        before = sorted(tmp_path.rglob("*"))
        done = perovex(*_arguments(parameter, changed, places), limit=SECONDS)
        done.assert_refused()
        assert "not installed" not in done.err
        assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_text() == "something"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("parameter", [pytest.param(p, id=p.command) for p in PARAMETERS if p.is_output])
def test_a_folder_without_permission_is_refused_before_any_work(perovex, places, tmp_path, parameter):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    for suffix in (".csv", ".json", ".md", ".cif", ""):
        perovex(*_arguments(parameter, str(locked / f"out{suffix}"), places), limit=SECONDS).assert_refused()


def test_lists_of_exceptions_name_parameters_that_exist():
    known = {(item.command, item.name) for item in PARAMETERS}
    assert set(FREE_TEXT) | set(TOGETHER) | FOLDERS <= known
    assert set(NEEDED) <= set(commands())
