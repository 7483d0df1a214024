import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from perovex.errors import ModelInputError
from perovex.learn import DescriptorSelector, StiffnessClassifier, YoungModulusRegressor
from perovex.learn.estimators.algorithms import CLASSIFIERS, REGRESSORS

FAST = {"n_estimators": 20}
# a rate that is a power of two: weighted and repeated rows then round alike in the single precision of xgboost
EVERY_ROW = {**FAST, "subsample": 1.0, "learning_rate": 0.125}


def what_cannot_hold(estimator):
    """Name the check that a draw of rows, or a leave-one-out choice of alpha, cannot pass."""
    params = estimator.algorithm_params or {}
    exact = "alphas" in params or "subsample" in params or estimator.algorithm == "logistic"
    reason = "repeated rows are drawn, or left out, one at a time"
    return {} if exact else {"check_sample_weight_equivalence_on_dense_data": reason}


@parametrize_with_checks(
    [
        # moduli are positive and labels are labels: the checks use neither, so both are told
        YoungModulusRegressor(log_target=False, algorithm_params=FAST),
        YoungModulusRegressor(log_target=False, algorithm_params=EVERY_ROW),
        YoungModulusRegressor("ridge", log_target=False),
        YoungModulusRegressor("ridge", log_target=False, algorithm_params={"alphas": [1.0]}),
        StiffnessClassifier(threshold=None, algorithm_params=FAST),
        StiffnessClassifier(threshold=None, algorithm_params=EVERY_ROW),
        StiffnessClassifier("logistic", threshold=None),
    ],
    expected_failed_checks=what_cannot_hold,
)
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", REGRESSORS)
def test_every_regressor_beats_the_mean_on_new_rows(name, larger_table):
    if name == "ebm":
        pytest.importorskip("interpret")
    X, y, groups, _ = larger_table
    X = X.mask(np.random.default_rng(1).random(X.shape) < 0.02).assign(empty=np.nan, constant=1.0)
    model = YoungModulusRegressor(name).fit(X.iloc[:120], y.iloc[:120], groups.iloc[:120])
    error = np.abs(model.predict(X.iloc[120:]) - y.iloc[120:]).mean()
    assert error < 0.95 * np.abs(y.iloc[:120].mean() - y.iloc[120:]).mean()


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_every_classifier_beats_a_coin_on_new_rows(name, larger_table):
    if name == "ebm":
        pytest.importorskip("interpret")
    X, y, groups, _ = larger_table
    X = X.assign(empty=np.nan, constant=1.0)
    model = StiffnessClassifier(name, threshold=10.0).fit(X.iloc[:120], y.iloc[:120], groups.iloc[:120])
    assert model.classes_.tolist() == [False, True]
    assert model.score(X.iloc[120:], y.iloc[120:] > 10) > 0.6


@pytest.mark.parametrize("model", [YoungModulusRegressor(interval_folds=3), StiffnessClassifier(calibration="sigmoid")])
def test_equal_seeds_give_identical_bits_and_unequal_ones_do_not(model, table):
    X, y, groups, _ = table

    def output(seed):
        fitted = clone(model).set_params(random_state=seed).fit(X, y, groups)
        return fitted.predict_proba(X)[:, 1] if hasattr(fitted, "predict_proba") else fitted.predict(X)

    assert output(3).tobytes() == output(3).tobytes()
    assert output(3).tobytes() != output(4).tobytes()


def test_single_precision_tables_are_not_doubled_and_predict_alike(table):
    X, y, _, _ = table
    model = YoungModulusRegressor().fit(X.astype(np.float32), y)
    assert model._read(X.astype(np.float32)).dtype == np.float32
    assert np.array_equal(model.predict(X), YoungModulusRegressor().fit(X, y).predict(X))
    assert YoungModulusRegressor("ridge").fit(X.astype(np.float32), y)._read(X).dtype == np.float64


def test_monotone_constraint_is_kept_where_the_data_say_otherwise(table):
    X, y, _, _ = table
    grid = pd.DataFrame(0.0, index=range(50), columns=X.columns)
    grid["a"] = np.linspace(-2, 2, 50)
    free = YoungModulusRegressor().fit(X, y).predict(grid)
    bound = YoungModulusRegressor(monotone={"a": -1}).fit(X, y).predict(grid)
    assert np.ptp(free) > 1
    assert np.all(np.diff(bound) <= 1e-6)


def test_log_target_scales_with_the_unit(table):
    X, y, _, _ = table
    a, b = YoungModulusRegressor("ridge").fit(X, y), YoungModulusRegressor("ridge").fit(X, 10 * y)
    assert np.allclose(10 * a.predict(X), b.predict(X))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X.drop(columns="a"), "now missing: a"),
        (lambda X: X.assign(new=1.0), "unseen at fit time: new"),
        (lambda X: X.assign(a=np.inf), "infinite values in a"),
    ],
)
def test_foreign_tables_are_named(change, message, table):
    X, y, _, _ = table
    model = YoungModulusRegressor("ridge").fit(X, y)
    with pytest.raises(ModelInputError, match=message):
        model.predict(change(X))


@pytest.mark.parametrize(
    ("model", "y", "message"),
    [
        (YoungModulusRegressor(), [1.0, -1.0, 2.0], "1 moduli are not positive"),
        (YoungModulusRegressor("magic"), [1.0, 2.0, 3.0], "unknown algorithm 'magic'"),
        (YoungModulusRegressor("ridge", monotone={"a": 1}), [1.0, 2.0, 3.0], "cannot keep monotone"),
        (YoungModulusRegressor(monotone={"q": 1}), [1.0, 2.0, 3.0], "unknown descriptors: q"),
        (YoungModulusRegressor(algorithm_params={"depth": 1}, algorithm="ridge"), [1.0, 2.0, 3.0], "depth"),
        (StiffnessClassifier(threshold=99), [1.0, 2.0, 3.0], "one class only at a threshold of 99"),
        (StiffnessClassifier(calibration="magic"), [1.0, 2.0, 3.0], "unknown calibration"),
    ],
)
def test_what_cannot_be_fitted_is_refused(model, y, message):
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0]})
    with pytest.raises(ModelInputError, match=message):
        model.fit(X, y)


def test_selector_finds_what_acts_and_drops_copies(table):
    X, y, groups, _ = table
    X = X.assign(a_copy=-2 * X["a"], empty=np.nan, constant=3.0)
    selector = DescriptorSelector(n_select=3, stability=True).fit(X, y, groups)
    kept = set(selector.get_feature_names_out())
    assert len(kept & {"a", "a_copy"}) == 1
    assert "b" in kept
    assert not kept & {"empty", "constant"}
    assert selector.correlation_groups_["a"] == selector.correlation_groups_["a_copy"]
    both = selector.stability_["a"] + selector.stability_["a_copy"]
    assert both == pytest.approx(1.0)
    assert selector.stability_["b"] > selector.stability_.drop(["a", "a_copy", "b"]).max()


def test_shadow_selection_keeps_signal_only(table):
    X, y, groups, _ = table
    kept = set(DescriptorSelector("shadow", n_resamples=12).fit(X, y, groups).get_feature_names_out())
    assert {"a", "b"} <= kept
    assert len(kept) <= 4


def test_model_with_selector_sees_selected_columns_only(table):
    X, y, groups, _ = table
    model = YoungModulusRegressor(selector=DescriptorSelector(n_select=2)).fit(X, y, groups)
    assert model.selected_features_ == ["a", "b"]
    other = X.copy()
    other.loc[:, "z0":] = 7.0
    assert (model.predict(X) == model.predict(other)).all()


def test_a_kernel_parameter_at_its_bound_is_no_warning():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(30, 2)), columns=["a", "b"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        YoungModulusRegressor("gaussian_process").fit(X, 10 + X["a"])  # without noise: its variance falls to the bound
