"""Words that several layers share."""

import re
from pathlib import Path

import pytest

import perovex
from perovex._words import enumerated, group_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("spacer", ("spacer", "spacers")),
        ("crystal", ("group of equal crystals", "crystals")),
        ("lab", ("lab group", "lab groups")),
    ],
)
def test_a_users_own_groups_are_never_called_spacers(name, words):
    assert group_words(name) == words


#: Words of another dialect than the table of CONTRIBUTING.md speaks, as identifiers or in docstrings.
FOREIGN = re.compile(
    r"\bn_boot\b|\w : (arrays?|ndarray) of shape \(|\b(?!too|probability)\w+_(low|high)\b(?=\"|``)"
    r"|progress: bool = True|Angstrom"
)


def test_one_vocabulary_is_spoken():
    package = Path(perovex.__file__).parent
    lines = [
        f"{path.relative_to(package)}:{number}: {line.strip()}"
        for path in package.rglob("*.py")
        if "cli" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert lines == []


def test_the_last_of_several_names_follows_an_and():
    assert enumerated(["one"]) == "one"
    assert enumerated(["one", "two"]) == "one and two"
    assert enumerated(("one", "two", "three")) == "one, two and three"
