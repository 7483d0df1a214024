"""Structure files with random damage: a crystal or a typed error, never anything else, and soon."""

import tempfile
from pathlib import Path

import pytest
from fuzz import SEEDS, TOKENS, judge, past_reading, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perovex.crystal import perceive
from perovex.errors import PerovexError


@st.composite
def damaged(draw):
    suffix, data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(0, 12))
        kind = draw(st.sampled_from(["replace", "byte", "cut", "repeat"]))
        if kind == "replace":
            data = data[:at] + draw(st.sampled_from(TOKENS)) + data[at + length :]
        elif kind == "byte":
            data = data[:at] + bytes([draw(st.integers(0, 255))]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at]
        else:
            data = data[:at] + data[at : at + 40] * 2 + data[at + 40 :]
    return suffix, data


def survives(case):
    suffix, data = case
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(data)
        judge(path)


def test_absurd_number_of_columns_is_refused_before_memory_is_spent(tmp_path):
    path = tmp_path / "wide.extxyz"
    path.write_bytes(dict(SEEDS)[".extxyz"].replace(b"pos:R:3", b"pos:R:399999999"))
    with pytest.raises(PerovexError, match="399999999 columns announced"):
        perceive(path)


def test_an_atom_far_outside_the_cell_costs_no_memory(tmp_path):
    crystal = dict(SEEDS[:3])[".cif"].decode().replace("0.50000000", "99999.50000000", 1)
    path = tmp_path / "stray.cif"
    path.write_text(crystal)
    assert len(perceive(path).octahedra) == 1


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=damaged())
def test_damaged_files(case):
    survives(case)


def test_many_damaged_files():
    """More of it, most of it to the crystal itself; `python tests/crystal/fuzz.py` runs as many as one likes."""
    outcome = run(200, seed=20_241_124)
    assert sum(outcome.values()) == 200
    assert past_reading(outcome) > 0.5
    assert outcome["perceived"] > 35
    assert len(outcome) > 4
