"""Tables as people read them: no wider than a terminal, with units, nothing cut off."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
import pytest

from perovex.cli.main import app
from perovex.cli.remarks import say, say_remarks
from perovex.cli.tables import plain, print_frame
from perovex.descriptors import REGISTRY
from perovex.elasticity.potentials import by_name
from perovex.errors import PerovexError


def test_wide_tables_go_on_below_and_long_text_is_wrapped():
    wide = pd.DataFrame({f"column_{i}_percent": [1.0, 2.0] for i in range(12)}, index=["one", "two"])
    text = plain(wide)
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("column") == text.count("(%)") == 12
    reason = "a long reason that no column of a terminal can hold and that nobody may cut short"
    text = plain(pd.DataFrame({"labels": [2], "shift": [np.nan], "too high": [57.693]}, index=[reason]))
    assert max(map(len, text.splitlines())) <= 80
    assert " ".join(text.split()) == f"{reason}: labels: 2; too high: 57.69"


def test_the_name_of_the_index_stands_in_the_line_of_the_columns():
    one = pd.DataFrame({"score": [1.5]}, index=pd.Index(["s01"], name="crystal"))
    assert plain(one).splitlines()[0].split() == ["crystal", "score"]
    two = pd.DataFrame({"score": [1.5]}, index=pd.MultiIndex.from_tuples([("a", "b")], names=["potential", "modulus"]))
    assert [line.split() for line in plain(two).splitlines()] == [["potential", "modulus", "score"], ["a", "b", "1.5"]]


def test_columns_stand_beside_each_other_as_long_as_folded_headers_and_cells_fit():
    table = pd.DataFrame(
        {
            "stacking before": "eclipsed",
            "stacking": "intermediate",
            "parent": "x" * 40,
            "n": [2.0, np.inf],
        },
        index=pd.Index(["a crystal of a long name", "b"], name="crystal"),
    )
    lines = plain(table).splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == ["crystal", "a", "b"]  # one table
    assert plain(table).count("x") == 80  # nothing is cut
    assert sum(line.endswith("inf") for line in lines) == 1


def test_many_crystals_are_printed_in_blocks_that_fit(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    names = [f"a/long/folder/of/crystals/number_{i:02d}[x].cif" for i in range(20)]
    table = pd.DataFrame({"E_vrh (GPa)": [float(i) + 0.25 for i in range(20)], "class": "soft"}, index=names)
    print_frame(table)
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    cells = [line for line in out.splitlines() if "E_vrh (GPa)" in line]
    assert len(cells) > 1
    shown = [float(cell) for line in cells for cell in line.split("│")[2:-1]]
    assert shown == list(table["E_vrh (GPa)"])
    folded = "".join("".join(part.strip() for part in line.split("┃")[2:3]) for line in out.splitlines() if "┃" in line)
    assert folded.startswith(names[0])


def test_crystals_of_one_name_are_printed_each(capsys):
    print_frame(pd.DataFrame({"E_vrh (GPa)": [1.5, 2.5]}, index=["same", "same"]))
    out = capsys.readouterr().out
    assert "1.5" in out
    assert "2.5" in out


def run(capsys, *arguments):
    """Run a command in this process; return status, stdout and the error it raised."""
    with pytest.raises((SystemExit, PerovexError)) as caught:
        app([str(argument) for argument in arguments])
    return getattr(caught.value, "code", 2), capsys.readouterr().out, caught.value


def test_descriptors_are_listed_whole_and_written_by_suffix(capsys, tmp_path):
    status, out, _ = run(capsys, "descriptors", "list", "-f", "bridges")
    assert status == 0
    assert max(map(len, out.splitlines())) <= 80
    for item in (REGISTRY[key] for key in REGISTRY.keys_of(["bridges"])):
        assert f"{item.key} ({item.unit})" in out
        assert item.definition in " ".join(out.split())
    page, records = tmp_path / "new" / "page.md", tmp_path / "new" / "list.json"
    assert run(capsys, "descriptors", "list", "--out", page)[0] == 0
    assert "bridge_angle_mean" in page.read_text(encoding="utf-8")
    assert run(capsys, "descriptors", "list", "--out", records)[0] == 0
    assert len(json.loads(records.read_text(encoding="utf-8"))) == len(REGISTRY.keys_of(None))
    assert "use .md or .json" in str(run(capsys, "descriptors", "list", "--out", tmp_path / "list.pdf")[2])


def test_predict_refuses_at_once_what_it_would_ignore_or_could_not_write(capsys, tmp_path):
    crystal = tmp_path / "crystal.cif"
    crystal.write_text("")
    assert "--n describe a crystal to build" in str(run(capsys, "predict", crystal, "--n", 3)[2])
    assert "use .csv, .parquet or .json" in str(run(capsys, "predict", "--spacer", "C", "--out", "table.xyz")[2])


def test_predict_prints_no_table_where_no_crystal_could_be_read(capsys, tmp_path):
    crystal = tmp_path / "crystal.cif"
    crystal.write_text("")
    status, out, _ = run(capsys, "predict", crystal)
    assert (status, out) == (2, "")


def test_label_refuses_a_file_as_its_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(by_name, "find_spec", lambda _: None)  # with or without its extra
    taken = tmp_path / "taken.cif"
    taken.write_text("")
    assert "a file of that name" in str(run(capsys, "label", taken, "--out", taken)[2])


def test_predict_takes_the_major_part_of_a_disordered_file_where_asked(capsys, elastic_data, tmp_path):
    table = elastic_data.table
    mixed = elastic_data.structures[table.index[(table["n_layers"] == 1) & (table["halide"] == "I")][0]].copy()
    mixed.replace_species({"I": {"I": 0.7, "Br": 0.3}})
    path = tmp_path / "mixed.cif"
    mixed.to(filename=str(path), fmt="cif")
    assert run(capsys, "predict", path)[0] == 2
    status, out, _ = run(capsys, "predict", path, "--disorder", "major")
    assert status == 0
    assert "E_vrh (GPa)" in out
    assert "--disorder is about files" in str(run(capsys, "predict", "--spacer", "C", "--disorder", "major")[2])


def test_equal_remarks_of_many_crystals_are_one_line(capsys):
    remarks = [(f"c{i}.cif", ["no cation between the slabs"]) for i in range(4)]
    remarks += [("c4.cif", ["no cation between the slabs", "outside (a = 1; b = 2)"]), ("c5.cif", [])]
    say_remarks(remarks, "note", 6)
    assert capsys.readouterr().err.splitlines() == [
        "perovex: note: 5 crystals: no cation between the slabs",
        "perovex: note: c4.cif: outside (a = 1; b = 2)",
    ]
    say_remarks(remarks[:5], "note", 5)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[2] for line in lines] == [f"c{i}.cif" for i in range(5)]


def test_lines_are_wrapped_for_a_terminal_and_whole_in_a_pipe(capsys, monkeypatch):
    line = "perovex: note: " + "many words about a crystal " * 8
    say(line)
    assert capsys.readouterr().err == f"{line}\n"
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    say(line)
    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= 60
    assert len(lines) > 2
    assert " ".join(part.strip() for part in lines) == line.strip()


@pytest.mark.parametrize("command", ["predict", "describe"])
def test_a_folder_is_remarked_on_in_few_lines(capsys, elastic_data, tmp_path, command):
    table = elastic_data.table
    mixed = elastic_data.structures[table.index[(table["n_layers"] == 1) & (table["halide"] == "I")][0]].copy()
    mixed.replace_species({"I": {"I": 0.7, "Br": 0.3}})
    for i in range(6):
        mixed.to(filename=str(tmp_path / f"mixed_{i}.cif"), fmt="cif")
    with pytest.raises(SystemExit) as caught:
        app([command, str(tmp_path), "--disorder", "major"])
    assert caught.value.code == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "disordered" in line]
    assert len(lines) == 1
    assert "6 crystals: disordered: kept the major component" in lines[0]
