"""Remarks: facts first, one sentence last."""

import re

import pytest

from perovex.study.remarks import Remark
from perovex.study.words import NOT_OFFERED, REMARKS, NotOffered, not_offered_in_words, remark_in_words


def test_many_names_are_counted_and_few_shown():
    remark = Remark("different twice", tuple("abcdefg"))
    assert str(remark) == (
        "7 crystals stand more than once with different values and are left out: a, b, c, d, e and 2 more (give each "
        "one value)"
    )
    assert remark.to_dict() == {"cause": remark.cause, "names": list("abcdefg"), "remedy": "give each one value"}
    assert remark_in_words("no labels", (), "") == "no labels"


def test_what_a_remark_names_stands_in_its_words():
    remark = Remark("few crystals", values={"known": 7, "target": "gap", "wanted": 20})
    assert str(remark) == (
        "only 7 crystals have a value of gap: scores are rough, and intervals may be missing (20 or more of different "
        "groups (spacers))"
    )
    braces = Remark("no classification", values={"why": "column {x} is constant", "remedy": ""})
    assert str(braces) == "no classification: column {x} is constant"


@pytest.mark.parametrize("kind", sorted(REMARKS))
def test_every_remark_can_be_said(kind):
    named = {name: "X" for text in REMARKS[kind] for name in re.findall(r"{(\w+)}", text)}
    assert "{" not in str(Remark(kind, ("a",), named))


def test_every_refusal_of_a_descriptor_can_be_said():
    assert [not_offered_in_words(NotOffered(why, 3, 10)) for why in NOT_OFFERED][4] == "infinite for 3 of 10 crystals"
