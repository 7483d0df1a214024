"""Statistics that leave out what is not defined."""

import math

import numpy as np
import pytest

from perovex.descriptors._stats import angle_between, cross, largest, mean, rms, smallest


def test_what_is_missing_is_left_out():
    values = [1.0, math.nan, 3.0]
    assert (mean(values), smallest(values), largest(values), rms(values)) == (2.0, 1.0, 3.0, math.sqrt(5))


@pytest.mark.parametrize("statistic", [mean, smallest, largest, rms])
def test_of_nothing_there_is_nothing(statistic):
    assert math.isnan(statistic([]))
    assert math.isnan(statistic([math.nan]))


def test_angles_down_to_the_last_digit():
    tiny = 1e-9  # the arc cosine of a scalar product would be 0 here
    assert angle_between(np.array([1.0, 0, 0]), np.array([1.0, tiny, 0])) == pytest.approx(math.degrees(tiny))
    assert angle_between(np.array([1.0, 0, 0]), np.array([-2.0, 0, 0])) == 180.0
    assert cross(np.array([1.0, 0, 0]), np.array([0, 1.0, 0])).tolist() == [0, 0, 1]
