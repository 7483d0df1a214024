"""Strongest interactions."""

import numpy as np
import pytest

from perovex.study.further import strongest_pairs


def test_pairs_come_by_strength_as_a_share_of_the_output():
    # one crystal: main effects 3, 1, 0 on the diagonal; a and b interact with 0.5 in each of both entries
    values = np.array([[[3.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 0.0]]])
    table = strongest_pairs(values, ["a", "b", "c"], n=2)
    assert table.loc[0, ["first", "second"]].tolist() == ["a", "b"]
    assert table["share"].tolist() == pytest.approx([2 * 0.5 / (3.5 + 1.5), 0.0])


def test_a_model_without_output_has_no_shares():
    assert strongest_pairs(np.zeros((2, 2, 2)), ["a", "b"])["share"].tolist() == [0.0]
