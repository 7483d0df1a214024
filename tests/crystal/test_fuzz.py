"""Structure files with random damage: a crystal or a typed error, never anything else, and soon."""

import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.io.ase import AseAtomsAdaptor

from perovex.crystal import perceive
from perovex.crystal.examples import cubic, layered
from perovex.errors import PerovexError

_TOKENS = [
    b"",
    b"-",
    b"1e308",
    b"nan",
    b"inf",
    b"99999999",
    b"0",
    b"\n",
    b"loop_",
    b"?",
    b"'",
    b"\x00",
    b"\xff",
    b"Xx",
    b"0.5(3)",
]


def _seeds():
    from io import StringIO

    import ase.io

    files = []
    for structure in (cubic(cage="MA"), layered(1, spacer="MA")):
        files.append((".cif", structure.to(fmt="cif").encode()))
        files.append((".vasp", structure.to(fmt="poscar").encode()))
        text = StringIO()
        ase.io.write(text, AseAtomsAdaptor.get_atoms(structure), format="extxyz")
        files.append((".extxyz", text.getvalue().encode()))
    return files


SEEDS = _seeds()


@st.composite
def damaged(draw):
    suffix, data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(0, 12))
        kind = draw(st.sampled_from(["replace", "byte", "cut", "repeat"]))
        if kind == "replace":
            data = data[:at] + draw(st.sampled_from(_TOKENS)) + data[at + length :]
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
        start = time.perf_counter()
        try:
            perceive(path, disorder="major")
        except PerovexError as error:
            message = str(error)
        else:
            message = str(path)
        assert str(path) in message
        assert time.perf_counter() - start < 10.0


def test_absurd_number_of_columns_is_refused_before_memory_is_spent(tmp_path):
    path = tmp_path / "wide.extxyz"
    path.write_bytes(dict(SEEDS)[".extxyz"].replace(b"pos:R:3", b"pos:R:399999999", 1))
    with pytest.raises(PerovexError, match="399999999 columns announced"):
        perceive(path)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=damaged())
def test_damaged_files(case):
    survives(case)


@pytest.mark.slow
@settings(
    max_examples=int(os.environ.get("PEROVEX_FUZZ", "10000")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(case=damaged())
def test_ten_thousand_damaged_files(case):
    survives(case)
