"""Why labels are rejected: keys, their words, and what older releases say in words alone."""

import pytest

from perovex.elasticity.labels.causes import (
    BORN_UNSTABLE,
    CAUSES,
    FAILED,
    NEGATIVE_MODE,
    NOT_CONVERGED,
    NOT_KEPT,
    OTHER_N,
    SOFT_MODE_DOMINATED,
    joined,
    split,
)
from perovex.elasticity.labels.words import CAUSE_WORDS, causes_in_text_of_older_releases, reason_in_words


@pytest.mark.parametrize(
    ("reason", "causes"),
    [
        ("", []),
        ("soft-mode dominated", [SOFT_MODE_DOMINATED]),
        ("not converged: 3600 s spent", [NOT_CONVERGED]),
        ("negative mode; Born-unstable", [NEGATIVE_MODE, BORN_UNSTABLE]),
        ("x.cif: the file is empty; no relaxed structure was kept", [FAILED, NOT_KEPT]),
        ("Born-unstable; n changed while relaxing: from 2 to 1", [BORN_UNSTABLE, OTHER_N]),
    ],
)
def test_causes_come_back_from_the_text_of_an_older_release(reason, causes):
    assert causes_in_text_of_older_releases(reason) == causes


def test_every_cause_has_words_of_its_own_and_comes_back_from_them():
    assert set(CAUSE_WORDS) == set(CAUSES)
    for cause in CAUSES:
        assert causes_in_text_of_older_releases(reason_in_words(cause, "a; b")) == [cause]


def test_causes_go_through_a_cell():
    assert split(joined(CAUSES)) == CAUSES
    assert split(joined([])) == ()


@pytest.mark.parametrize("version", ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6"])
def test_the_causes_of_every_rejected_label_of_the_data_are_known(version):
    from perovex.datasets import load_elastic

    data = load_elastic(version=version)
    rejected = data.labels["status"] == "rejected"
    assert (data.causes.map(len) > 0).equals(rejected.rename("causes"))
    assert {cause for causes in data.causes for cause in causes} <= set(CAUSES) - {FAILED}
