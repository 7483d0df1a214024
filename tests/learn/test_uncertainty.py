import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapie.regression import CrossConformalRegressor
from sklearn.base import clone
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GroupKFold

from perovex.errors import ModelInputError
from perovex.learn import (
    ApplicabilityDomain,
    ConformalRegressor,
    ModelBundle,
    ProbabilityCalibrator,
    StiffnessClassifier,
    YoungModulusRegressor,
    coverage_table,
    expected_calibration_error,
    reliability_table,
)
from perovex.learn.uncertainty.domain import domain_errors
from perovex.learn.uncertainty.intervals import shifted_upper_quantile
from perovex.prediction import default_models


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_one_row_per_group_is_the_jackknife_plus_of_mapie(coverage):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    y = X @ [1.0, 2.0, 0.0] + rng.normal(size=40)
    ours = ConformalRegressor(LinearRegression(), n_splits=8).fit(X, y).predict_interval(X, coverage)
    folds = GroupKFold(8, shuffle=True, random_state=0)
    codes = pd.factorize(pd.Series([f"row {i}" for i in range(40)]), sort=True)[0]
    theirs = CrossConformalRegressor(LinearRegression(), confidence_level=coverage, cv=folds)
    _, bounds = theirs.fit_conformalize(X, y, groups=codes).predict_interval(X)
    assert np.allclose(ours.to_numpy(), bounds[:, :, 0])


def test_intervals_hold_for_new_groups_but_row_folds_do_not():
    """Rows of a group share an error: intervals from row-wise folds are far too narrow for a new group."""
    rng = np.random.default_rng(0)
    hits = {"grouped": [], "rows": []}
    for _ in range(60):
        effect = rng.normal(size=21)
        groups = np.repeat(np.arange(21), 6)
        X = np.column_stack([np.eye(21)[groups], rng.normal(size=len(groups))])
        y = effect[groups] + X[:, -1] + 0.1 * rng.normal(size=len(groups))
        train, test = groups < 20, groups == 20
        for name, part in (("grouped", groups[train]), ("rows", None)):
            model = ConformalRegressor(LinearRegression(), n_splits=5).fit(X[train], y[train], part)
            interval = model.predict_interval(X[test], 0.8)
            hits[name].append(((y[test] >= interval["lower"]) & (y[test] <= interval["upper"])).mean())
    assert 0.65 < np.mean(hits["grouped"]) < 0.95
    assert np.mean(hits["rows"]) < 0.4


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 0.97), st.integers(1, 5), st.sampled_from([1e-3, 1.0, 1e4]))
def test_bisection_finds_the_quantile_that_sorting_finds(seed, level, n_parts, scale):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 12, n_parts)
    residuals = [np.abs(rng.normal(size=n)).round(2) for n in sizes]  # rounding makes ties
    weights = [rng.random(n) / sizes.sum() for n in sizes]
    centre = scale * rng.normal(size=(10, n_parts)).round(2)
    values = np.concatenate([r + centre[:, [k]] for k, r in enumerate(residuals)], axis=1)
    order = np.argsort(values, axis=1, kind="stable")
    mass = np.cumsum(np.concatenate(weights)[order], axis=1) >= level - 1e-10
    picked = np.take_along_axis(values, np.take_along_axis(order, mass.argmax(axis=1)[:, None], axis=1), axis=1)[:, 0]
    expected = np.where(mass.any(axis=1), picked, np.inf)
    parts = list(zip(residuals, weights, strict=True))
    assert np.allclose(shifted_upper_quantile(centre, parts, level), expected, rtol=1e-12, atol=1e-12)


def test_coverage_beyond_the_number_of_groups_is_refused(table):
    X, y, _, _ = table
    model = YoungModulusRegressor("ridge", interval_folds=4).fit(X, y, np.arange(60) // 15)
    assert np.isfinite(model.predict_interval(X, 0.8)).all().all()
    with pytest.raises(ModelInputError, match=r"4 groups cannot support a coverage of 0\.9: at most 0\.800"):
        model.predict_interval(X, 0.9)
    with pytest.raises(ModelInputError, match="no intervals"):
        YoungModulusRegressor("ridge").fit(X, y).predict_interval(X)


def test_log_intervals_scale_with_the_prediction_and_contain_it(table):
    X, y, groups, _ = table
    band = YoungModulusRegressor("ridge", interval_folds=12).fit(X, y, groups).predict_interval(X, 0.9)
    assert (band["lower"] < band["prediction"]).all()
    assert (band["prediction"] < band["upper"]).all()
    assert (band["lower"] > 0).all()
    assert np.corrcoef(band["upper"] - band["lower"], band["prediction"])[0, 1] > 0.9


def test_coverage_table_counts():
    by = pd.DataFrame({"halide": ["I", "I", "Br", "Br"]})
    table = coverage_table([1, 2, 3, 9], [0, 1, 2, 3], [2, 3, 4, 5], by=by, nominal=0.9)
    assert table["coverage"].tolist() == [0.75, 0.5, 1.0]
    assert table.loc[2, "lower"] == pytest.approx(0.025**0.5)  # Clopper-Pearson for 2 of 2


def test_coverage_leaves_out_rows_without_an_interval():
    nan = np.nan
    by = pd.DataFrame({"halide": ["I", "I", "Br", "Br"]})
    table = coverage_table([1, 2, 3, 9], [0, 1, nan, nan], [2, 3, nan, nan], by=by)
    assert table["coverage"].tolist() == [1.0, 1.0]
    assert table["count"].tolist() == [2, 2]
    none = coverage_table([1, 2], [nan, nan], [nan, nan]).iloc[0]
    assert np.isnan(none["coverage"])
    assert (none["count"], none["lower"], none["upper"]) == (0, 0.0, 1.0)


def test_coverage_interval_counts_spacers_and_not_repeats():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=60)
    bounds = np.full(60, -1.0), np.full(60, 1.0)
    once = coverage_table(truth, *bounds).iloc[0]
    groups = np.arange(60)
    thrice = coverage_table(
        np.tile(truth, 3), *np.tile(bounds, 3), groups=np.tile(groups, 3), rows=np.tile(groups, 3)
    ).iloc[0]
    assert thrice["count"] == once["count"] == 60
    assert thrice["upper"] - thrice["lower"] == pytest.approx(once["upper"] - once["lower"], rel=0.05)
    alike = coverage_table(np.repeat(truth[:20], 3), *bounds, groups=np.repeat(np.arange(20), 3)).iloc[0]
    twenty = coverage_table(truth[:20], bounds[0][:20], bounds[1][:20]).iloc[0]
    assert alike["upper"] - alike["lower"] >= twenty["upper"] - twenty["lower"]


@pytest.mark.parametrize(("between", "n_groups"), [(0.0, 20), (2.0, 20), (2.0, 40)])
def test_coverage_interval_of_grouped_rows_holds_the_true_share(between, n_groups):
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(n_groups), 4)
    z = (1 + between**2) ** 0.5
    truth_share = 0.8
    limit = z * 0.8416212  # quantile of the normal law at 0.8
    found = []
    for _ in range(300):
        value = between * rng.normal(size=n_groups)[groups] + rng.normal(size=len(groups))
        row = coverage_table(value, np.full(len(groups), -np.inf), np.full(len(groups), limit), groups=groups).iloc[0]
        found.append(row["lower"] <= truth_share <= row["upper"])
    assert np.mean(found) > 0.92


def test_venn_abers_brackets_isotonic_and_narrows_with_data():
    rng = np.random.default_rng(0)
    width = {}
    for n in (40, 400):
        p = rng.random(n)
        y = (rng.random(n) < p).astype(int)
        model = ProbabilityCalibrator("venn-abers").fit(p, y)
        p0, p1 = model.predict_multiprobability(np.linspace(0.05, 0.95, 10))
        merged = model.predict(np.linspace(0.05, 0.95, 10))
        assert (p0 <= merged).all()
        assert (merged <= p1).all()
        plain = IsotonicRegression(out_of_bounds="clip").fit(p, y).predict(np.linspace(0.05, 0.95, 10))
        assert (p0 <= plain + 1e-9).all()
        assert (plain <= p1 + 1e-9).all()
        width[n] = (p1 - p0).mean()
    assert width[400] < width[40]


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "venn-abers"])
def test_calibration_repairs_exaggerated_probabilities(method):
    rng = np.random.default_rng(0)
    true = rng.beta(2, 2, 600)
    y = (rng.random(600) < true).astype(int)
    raw = 1 / (1 + np.exp(-4 * np.log(true / (1 - true))))  # log-odds four times too large
    fixed = ProbabilityCalibrator(method).fit(raw[:400], y[:400]).predict(raw[400:])
    before, after = reliability_table(y[400:], raw[400:]), reliability_table(y[400:], fixed)
    assert expected_calibration_error(after) < 0.6 * expected_calibration_error(before)


def test_sigmoid_recovers_the_log_odds_slope():
    rng = np.random.default_rng(0)
    z = rng.normal(size=20_000)
    y = rng.random(20_000) < 1 / (1 + np.exp(-(0.5 * z + 0.3)))
    model = ProbabilityCalibrator("sigmoid").fit(1 / (1 + np.exp(-z)), y)
    assert model.parameters_ == pytest.approx([0.5, 0.3], abs=0.05)


def test_venn_abers_is_one_step_function_between_the_calibration_scores():
    rng = np.random.default_rng(0)
    p = rng.random(30).round(2)
    model = ProbabilityCalibrator("venn-abers").fit(p, (rng.random(30) < p).astype(int))
    at = np.sort(np.concatenate([p, rng.random(30)]))
    together = model.predict(at)
    assert np.array_equal(together, [model.predict([one])[0] for one in at])
    assert (np.diff(together) >= -1e-12).all()


def test_calibration_is_chosen_by_size_and_none_is_said(table):
    X, y, groups, _ = table
    assert StiffnessClassifier(calibration="auto").fit(X, y, groups).calibration_ == "sigmoid"
    few = StiffnessClassifier(calibration="auto").fit(X.iloc[:15], y.iloc[:15], groups.iloc[:15])
    assert few.calibration_ == "none"


def test_flagged_rows_have_larger_errors():
    rng = np.random.default_rng(0)
    columns = ["a", "b", "c", "d"]
    train = pd.DataFrame(rng.normal(size=(150, 4)), columns=columns)
    new = pd.DataFrame(rng.normal(size=(300, 4)) * rng.choice([1.0, 3.0], size=(300, 1)), columns=columns)

    def truth(X):
        return 20 + 3 * X["a"] + 2 * np.sin(X["b"])

    error = np.abs(YoungModulusRegressor().fit(train, truth(train)).predict(new) - truth(new))
    inside = ApplicabilityDomain().fit(train).check(new)["in_domain"]
    assert 0.3 < inside.mean() < 0.8
    assert error[~inside].mean() > 2 * error[inside].mean()


def test_errors_inside_and_outside_are_compared_over_groups():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 5)
    score = rng.uniform(0.2, 2.0, 100)
    error = np.abs(rng.normal(size=100)) * np.where(score > 1, 2.0, 1.0)
    errors = domain_errors(error, score <= 1, score, groups)
    assert errors.ratio == pytest.approx(error[score > 1].mean() / error[score <= 1].mean())
    assert 1 < errors.lower < errors.ratio < errors.upper
    assert errors.spearman > 0.2
    nobody = domain_errors(error, np.ones(100, bool), score, groups)
    assert np.isnan(nobody.ratio)
    assert nobody.table.loc["outside", "rows"] == 0


def test_domain_holds_most_of_the_training_distribution_and_names_deviations():
    rng = np.random.default_rng(0)
    train = pd.DataFrame(rng.normal(size=(200, 3)), columns=["angle", "spacing", "shift"]).assign(metal=82.0)
    domain = ApplicabilityDomain().fit(train)
    fresh = pd.DataFrame(rng.normal(size=(500, 3)), columns=["angle", "spacing", "shift"]).assign(metal=82.0)
    assert 0.88 < domain.check(fresh)["in_domain"].mean() < 0.98
    odd = pd.DataFrame(
        {"angle": [0, 0, 0.0], "spacing": [-8, 0, np.nan], "shift": [0, 0, np.nan], "metal": [82, 50, 82.0]}
    )
    found = domain.check(odd)
    assert not found["in_domain"].any()
    assert found["reason"][0].startswith("spacing = -8")
    assert "metal = 50 (constant 82 in training)" in found["reason"][1]
    assert "undefined here, never in training: spacing, shift" in found["reason"][2]


def test_domain_counts_its_features_once_fitted():
    train = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=["angle", "spacing", "shift"])
    domain = ApplicabilityDomain()
    assert not hasattr(domain, "n_features_in_")
    assert domain.fit(train).n_features_in_ == 3
    assert clone(domain).fit(train[["angle", "shift"]]).n_features_in_ == 2
    assert ModelBundle.load(default_models()).domain.n_features_in_ > 0


def test_a_copied_column_does_not_count_twice():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(100, 2)), columns=["a", "b"])
    twice = X.assign(a2=X["a"], a3=X["a"])
    new = pd.DataFrame(rng.normal(size=(50, 2)) * 2, columns=["a", "b"])
    one = ApplicabilityDomain().fit(X).check(new)
    many = ApplicabilityDomain().fit(twice).check(new.assign(a2=new["a"], a3=new["a"]))
    assert np.corrcoef(one["distance"], many["distance"])[0, 1] > 0.999


def test_a_large_table_is_judged_by_a_draw_that_keeps_every_group():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(3000, 3)), columns=["a", "b", "c"])
    groups = np.r_[np.zeros(2900), np.arange(1, 101)]
    X.loc[2900:, "a"] += 6  # a small far cluster, one row a group: a plain draw of 300 rows would keep ten of it
    new = pd.concat([X.iloc[:200] + 0.01, X.iloc[2900:] + 0.01, X.iloc[:50] + 30])
    domain = ApplicabilityDomain(max_rows=300).fit(X, groups=groups)
    assert len(domain.train_) == 300
    inside = domain.check(new)["in_domain"].to_numpy()
    assert inside[200:300].mean() > 0.8
    assert not inside[300:].any()
    again = ApplicabilityDomain(max_rows=300).fit(X, groups=groups).check(new)
    assert np.array_equal(again["in_domain"], inside)


def test_domain_is_blind_to_units():
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(60, 3)), rng.normal(size=(30, 3)) * 2
    scale, shift = np.array([1e-3, 1.0, 1e4]), np.array([5.0, 0.0, -3e4])
    a = ApplicabilityDomain().fit(X).check(new)
    b = ApplicabilityDomain().fit(X * scale + shift).check(new * scale + shift)
    assert np.allclose(a["score"], b["score"])
    assert (a["in_domain"] == b["in_domain"]).all()
