"""Every parser finds its own tensors and leaves other texts alone."""

import json

import numpy as np
import pytest

from perovex.elasticity.reading.cp2k import parse_cp2k_folder
from perovex.elasticity.reading.json_files import parse_json
from perovex.elasticity.reading.programs import HEADINGS, parse_program
from perovex.elasticity.reading.text import parse_text
from perovex.errors import ElasticityError

C = np.diag([40.0, 50.0, 60.0, 5.0, 6.0, 7.0]) + 10 * np.pad(np.ones((3, 3)) - np.eye(3), (0, 3))
ROWS = "\n".join(" ".join(f"{value:.2f}" for value in row) for row in C)
TRIANGLE = "\n".join(" ".join(f"{value:.2f}" for value in row[k:]) for k, row in enumerate(C))


@pytest.mark.parametrize("text", [ROWS, TRIANGLE, f"# of a crystal\n{ROWS}", ROWS.replace(" ", ", ")])
def test_plain_matrices_are_found(text):
    assert parse_text(text).matrix == pytest.approx(C)


def test_texts_without_a_tensor_are_none():
    assert parse_text("no numbers here\n1 2 3\n") is None
    assert parse_program(ROWS) is None  # no heading of a program
    assert parse_json("not JSON") is None


def test_the_last_tensor_of_a_program_counts():
    heading = next(h for h in HEADINGS if h.program == "ElaStic")
    line = "Elastic constant (stiffness) matrix in GPa"
    doubled = "\n".join(" ".join(f"{2 * value:.2f}" for value in row) for row in C)
    found = parse_program(f"{line}\n{ROWS}\n\n{line}\n{doubled}\n")
    assert found.matrix == pytest.approx(2 * C)
    assert heading.unit == "gpa"


def test_one_entry_of_many_is_chosen_by_name():
    text = json.dumps({"a": {"C_GPa": C.tolist()}, "b": {"C_GPa": (2 * C).tolist()}})
    assert parse_json(text, "b").matrix == pytest.approx(2 * C)
    with pytest.raises(ElasticityError, match="no entry 'c'"):
        parse_json(text, "c")


def test_a_folder_without_strained_cells_is_refused(tmp_path):
    (tmp_path / "notes.out").write_text("nothing of CP2K")
    with pytest.raises(ElasticityError, match="0 CP2K outputs"):
        parse_cp2k_folder(tmp_path)
