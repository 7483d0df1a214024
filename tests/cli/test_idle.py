"""Options that a run would ignore are refused before any work, in one line that names them and why."""

from __future__ import annotations

import pytest
from tree import commands, parameters

#: Command, what it is given, options that count for nothing then, and why.
IDLE = [
    ("build", ["CC[NH3+]"], ["--swap", "I=Br"], "beside a SMILES"),
    ("build", ["CC[NH3+]"], ["--potential", "7net-l3i5"], "without --relax"),
    ("build", ["--thicken", "{crystal}"], ["--metal", "Pb"], "beside --thicken"),
    ("build", ["--substitute", "{crystal}", "--swap", "I=Br"], ["-n", "1"], "beside --substitute"),
    ("describe", ["{crystal}", "--per", "sheet"], ["--families", "bridges"], "with --per"),
    ("describe", ["{crystal}", "--per", "sheet"], ["--jobs", "1"], "with --per"),
    ("describe", ["{crystal}"], ["--units"], "where units are a column already"),
    ("describe", ["{crystal}", "--out", "{new}.csv"], ["--format", "csv"], "with --out"),
    *(
        ("describe", ["{crystal}@:"], option, "with a trajectory")
        for option in (
            ["--per", "sheet"],
            ["--digits", "5", "--format", "csv"],
            ["--units"],
            ["--jobs", "2"],
            ["--disorder", "major"],
        )
    ),
    ("label", ["{crystal}", "--out", "{new}"], ["--one-sided"], "without --precondition"),
    ("label", ["{crystal}", "--out", "{new}"], ["--force-noise", "0.1"], "without --precondition"),
    ("screen", ["{spacers}"], ["--potential", "7net-l3i5+d3"], "without --label"),
    ("screen", ["{spacers}"], ["--candidates", "8"], "without --label"),
    ("screen", ["{spacers}"], ["--refine-by", "best"], "without --refine"),
    ("screen", ["{spacers}"], ["--builds", "1"], "without --refine"),
    ("suggest", ["{spacers}"], ["--descriptor", "stei_head"], "without --by claim"),
    ("suggest", ["{spacers}"], ["--soft"], "without --by improvement"),
    ("suggest", ["--simulate", "1"], ["--halide", "Br"], "with --simulate"),
]


@pytest.fixture
def places(two_crystals, tmp_path):
    (tmp_path / "spacers.smi").write_text("CCCC[NH3+]\n")
    return {"crystal": two_crystals[0], "spacers": tmp_path / "spacers.smi", "new": tmp_path / "new"}


@pytest.mark.parametrize(
    ("command", "line", "idle", "why"), [pytest.param(*case, id=f"{case[0]} {case[2][0]} {case[3]}") for case in IDLE]
)
def test_an_option_that_would_be_ignored_is_refused(perovex, places, command, line, idle, why):
    before = sorted(places["new"].parent.rglob("*"))
    done = perovex(command, *(item.format_map(places) for item in line), *idle, limit=6.0)
    option = {"-n": "--n"}.get(idle[0], idle[0])
    done.assert_refused(f"{option} would be ignored {why}")
    assert sorted(places["new"].parent.rglob("*")) == before


def test_options_named_here_exist():
    known = {(item.command, item.option) for command in commands() for item in parameters(command)}
    assert {(command, {"-n": "--n"}.get(idle[0], idle[0])) for command, _, idle, _ in IDLE} <= known
