"""Options of a study."""

import pytest

from perovex.errors import ModelInputError
from perovex.study.options import StudyOptions


@pytest.mark.parametrize(
    "bad",
    [{"task": "guess"}, {"algorithm": "oracle"}, {"seed": -1}, {"seed": 2**31}, {"n_jobs": 0}, {"threshold": "big"}],
)
def test_what_makes_no_sense_is_refused_before_work(bad):
    with pytest.raises(ModelInputError):
        StudyOptions(**bad)


def test_a_threshold_in_text_is_a_number():
    assert StudyOptions(threshold="12.5").threshold == 12.5
    assert StudyOptions(threshold="median").threshold == "median"


def test_the_number_of_workers_is_no_fact_of_a_result():
    assert "n_jobs" not in StudyOptions(n_jobs=7).to_dict()
    assert StudyOptions(quick=True).n_resamples < StudyOptions().n_resamples
    assert StudyOptions(algorithm="average").tree_algorithm == "xgboost"
