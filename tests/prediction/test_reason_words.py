"""What is said of why a crystal is predicted as it is, by `prediction.reason_words` of `prediction.reasons`."""

import numpy as np
import pandas as pd
import pytest

from perovex.prediction.reason_words import differences_in_descriptors, differences_in_kind
from perovex.prediction.reasons import Reasons


def _reasons(scale="ln(target)", label=12.0, differences="", sampling_error=0.0):
    groups = pd.DataFrame({"contribution": [0.1, -0.05, 0.02], "members": [3, 1, 1], "value": [170.0, 2.0, 1.0]})
    groups.index = ["bridge_angle_mean", "stei_max", "zeta"]
    neighbours = pd.DataFrame({"distance": [0.5], "E_vrh": [label], "differences": [differences]}, index=["known"])
    return Reasons("mine", "E_vrh", 11.0, 10.0, scale, groups, groups, neighbours, None, 0.0, sampling_error).sentences(
        2
    )


@pytest.mark.parametrize(("scale", "size"), [("ln(target)", "+10.5%"), ("target", "+0.1")])
def test_contributions_are_named_on_the_scale_on_which_they_add_up(scale, size):
    first = _reasons(scale)[0]
    assert first.startswith("E_vrh = 11, where 10 is typical of the training crystals: ")
    assert f" and 2 alike {size};" in first
    assert "; 1 others together " in first


def test_a_neighbour_is_told_with_its_label_and_differences():
    assert _reasons()[1] == "Like known (E_vrh 12; distance 0.50)."
    assert _reasons(label=np.nan)[1] == "Like known (no label; distance 0.50)."
    assert _reasons(differences="halide Br against I")[1].endswith("); it differs by halide Br against I.")


def test_sampling_is_admitted():
    assert len(_reasons()) == 2
    assert _reasons(sampling_error=0.012)[2].endswith("their largest standard error is 0.012.")


def test_differences_name_what_differs():
    assert differences_in_kind({"n": 1, "halide": "I"}, {"n": 2, "halide": "I"}, ["n"]) == ["n 1 against 2"]
    known, own = pd.Series({"bridge_angle_mean": 150.0}), pd.Series({"bridge_angle_mean": 160.0})
    (words,) = differences_in_descriptors(known, own, ["bridge_angle_mean"])
    assert " 150 against 160" in words
