"""Words that several layers share."""

import pytest

from perovex._words import group_words


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
