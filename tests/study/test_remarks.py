"""Remarks: facts first, one sentence last."""

from perovex.study.remarks import Remark


def test_many_names_are_counted_and_few_shown():
    remark = Remark("crystals were left out", tuple("abcdefg"), "name their spacers")
    assert str(remark) == "7 crystals were left out: a, b, c, d, e and 2 more (name their spacers)"
    assert remark.to_dict()["names"] == list("abcdefg")
    assert str(Remark("no labels")) == "no labels"
