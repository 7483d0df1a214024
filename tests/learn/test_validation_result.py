"""An evaluation made by hand: scores by name, means over repeats, its view."""

import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LinearRegression

from perovex.errors import ModelInputError
from perovex.learn import YoungModulusRegressor
from perovex.learn.bundle.skops_files import skops_io
from perovex.learn.estimators.base import DescriptorModel, unchecked
from perovex.learn.validation.result import Evaluation
from perovex.learn.validation.view import evaluation_html
from perovex.learn.validation.words import Caution


@pytest.fixture(scope="module")
def made():
    predictions = pd.DataFrame(
        {
            "model": ["model"] * 4 + ["mean"] * 2,
            "repeat": [0, 0, 1, 1, 0, 0],
            "fold": 0,
            "row": [1, 0, 0, 1, 0, 1],
            "id": ["b", "a", "a", "b", "a", "b"],
            "group": ["y", "x", "x", "y", "x", "y"],
            "truth": [2.0, 1.0, 1.0, 2.0, 1.0, 2.0],
            "prediction": [2.5, 1.0, 2.0, 1.5, 1.5, 1.5],
        }
    )
    scores = pd.DataFrame(
        [
            ["model", "MAE", 0.5, 0.1, 0.9],
            ["mean", "MAE", 0.5, 0.2, 0.8],
            ["model", "R2", 0.25, float("nan"), 0.5],
            ["mean", "R2", 0.0, 0.0, 0.0],
        ],
        columns=["model", "metric", "value", "lower", "upper"],
    )
    settings = {"task": "regression", "target": "E <vrh>", "unit": "GPa", "scheme": "group", "n_rows": 2, "n_groups": 2}
    settings |= {"n_descriptors": 1, "n_splits": [2], "n_repeats": 2, "threshold": None}
    return Evaluation(
        predictions,
        scores,
        pd.DataFrame(),
        settings,
        (Caution("not left out", {"scheme": "source", "why": "few & small groups"}),),
    )


def test_scores_have_names(made):
    assert made.score("MAE") == made.score("MAE", "mean") == 0.5
    with pytest.raises(ModelInputError, match="no score 'AUC'"):
        made.score("AUC")
    assert made.to_frame().loc["model", ("MAE", "upper")] == 0.9


def test_predictions_are_averaged_over_repeats(made):
    table = made.out_of_fold()
    assert table.index.tolist() == ["a", "b"]
    assert table["prediction"].tolist() == [1.5, 2.0]
    assert table["truth"].tolist() == [1.0, 2.0]


def test_nothing_can_be_split_by_what_is_not_known(made):
    with pytest.raises(ModelInputError, match="no column 'halide'"):
        made.by_part("halide")
    assert made.by_part().empty


def test_the_view_escapes_names_and_shows_warnings(made):
    page = evaluation_html(made)
    assert "E &lt;vrh&gt;" in page
    assert "E <vrh>" not in page
    assert "few &amp; small groups" in page


def test_checks_are_spared_inside_alone():
    before = sklearn.get_config()["assume_finite"]
    with unchecked():
        assert sklearn.get_config()["assume_finite"]
    assert sklearn.get_config()["assume_finite"] == before


def test_estimators_share_what_they_say_of_their_columns():
    X = pd.DataFrame({"a": [0.0, 1, 2, 3, 4, 5], "b": [1.0, 0, 1, 0, 1, 0]})
    model = YoungModulusRegressor("ridge", interval_folds=0).fit(X, 10 + X["a"])
    assert isinstance(model, DescriptorModel)
    assert set(model.selected_features_) <= set(X)
    assert model.__sklearn_tags__().input_tags.allow_nan


def test_files_without_pickle_come_back():
    skops = skops_io()
    model = LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0])
    back = skops.loads(skops.dumps(model), trusted=[])
    assert back.predict([[2.0]]) == pytest.approx(5.0)
