"""A study in a file: what is understood, what is refused."""

from __future__ import annotations

import pytest

from perovex.errors import ModelInputError
from perovex.study.config import OPTIONS, read_config, write_config


def test_paths_are_relative_to_the_file(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("structures: [cifs, more/*.cif]\ntable: gaps.csv\ntarget: gap\nseed: 3\nquick: true\nunit:\n")
    assert read_config(path) == {
        "structures": [str(tmp_path / "cifs"), str(tmp_path / "more/*.cif")],
        "table": str(tmp_path / "gaps.csv"),
        "target": "gap",
        "seed": 3,
        "quick": True,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tarket: gap", r"unknown options tarket \(known are out, data"),
        ("seed: many", "seed: 'many' is no int"),
        ("seed: true", "seed: True is no int"),
        ("target: [1, 2]", "target:"),
        ("quick: 1", "quick: 1 is no bool"),
        ("- a\n- b", "not a list of options"),
        ("a: [", "not YAML"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, text, message):
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(ModelInputError, match=message):
        read_config(path)
    with pytest.raises(ModelInputError, match="no such file"):
        read_config(tmp_path / "absent.yaml")


def test_what_is_written_is_read_again(tmp_path):
    asked = {
        "target": ["gap", "E"],
        "threshold": 1.5,
        "seed": 0,
        "structures": ["/a", "/b"],
        "groups": None,
        "ignore": [],
    }
    path = tmp_path / "study.yaml"
    path.write_text(write_config(asked))
    assert read_config(path) == {"structures": ["/a", "/b"], "target": ["gap", "E"], "threshold": 1.5, "seed": 0}


def test_every_option_of_the_command_is_one_of_the_file():
    import inspect

    from perovex.cli.study import study

    names = set(inspect.signature(study).parameters) - {"context", "config", "quiet"}
    assert {("id" if name == "id_column" else name) for name in names} == set(OPTIONS)
