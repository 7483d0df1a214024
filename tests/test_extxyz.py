"""Frames of an extended xyz text are those that ASE reads, each when it is asked for."""

import io

import ase.io
import numpy as np
import pytest
from ase.build import bulk

from perovex._extxyz import Frames


@pytest.fixture(scope="module")
def text():
    out = io.StringIO()
    for name, atoms in {"salt": bulk("NaCl", "rocksalt", 5.6), "two words": bulk("Si"), "third": bulk("Cu")}.items():
        atoms.info = {"id": "not this", "label_id": name}
        ase.io.write(out, atoms, format="extxyz")
    return out.getvalue()


def test_frames_are_those_of_ase(text):
    frames = Frames(text, "label_id")
    assert list(frames) == ["salt", "two words", "third"]
    for atoms in ase.io.read(io.StringIO(text), index=":", format="extxyz"):
        own = frames[atoms.info["label_id"]]
        assert own == atoms
        assert own.info == atoms.info
        np.testing.assert_array_equal(own.cell, atoms.cell)


def test_an_unknown_name_is_a_key_error(text):
    assert "not this" not in Frames(text, "label_id")
    with pytest.raises(KeyError):
        Frames(text, "label_id")["not this"]


DAMAGE = {
    "cut short": lambda text: text[: text.rindex("Cu")],
    "no number of atoms": lambda text: "x\n" + text,
    "no name": lambda text: text.replace("label_id", "label"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_texts_are_refused_when_opened(text, damage):
    with pytest.raises(ValueError, match=r"no whole frame|invalid literal"):
        Frames(DAMAGE[damage](text), "label_id")
