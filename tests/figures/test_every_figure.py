"""Every figure of the package is drawn in one way: on the axes it is given, or on its own, which show themselves."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from perovex import figures
from perovex.elasticity import ElasticTensor
from perovex.explain import associations, correlation_groups, effects, explain, rank
from perovex.explain.transfer.result import TransferResult
from perovex.learn import YoungModulusRegressor
from perovex.learn.validation.learning_curve import LearningCurve
from perovex.learn.validation.scrambling import Scrambling

FIGURES = sorted(name for name in figures.__all__ if name.startswith("plot_"))
PROJECTIONS = {
    "plot_cut": "polar", "plot_in_plane": "polar", "plot_property_surface": "3d", "plot_surface": "3d",
}  # fmt: skip


@pytest.fixture(scope="module")
def arguments(planted, regressor):
    """Return what each figure is drawn from."""
    return {**_of_tensors(), **_of_tables(planted), **_of_scores(), **_of_explanations(planted, regressor)}


def _of_tensors():
    tensor = ElasticTensor(np.diag([40.0, 40.0, 40.0, 8.0, 8.0, 8.0]))
    return {
        "plot_cut": [tensor],
        "plot_in_plane": [tensor, [0, 0, 1]],
        "plot_property_surface": [tensor, "youngs_modulus", {"points": 8}],
        "plot_surface": [tensor, {"points": 8}],
    }


def _of_tables(planted):
    moduli = planted.meta.assign(E_vrh=planted.y + 20, E_in_plane=planted.y + 20, E_out_of_plane=planted.y + 25)
    hits = pd.DataFrame({"E_in_plane": [10.0, 8.0], "E_out_of_plane": [4.0, 6.0], "pareto": [True, False]})
    for name in ("E_in_plane", "E_out_of_plane"):
        hits[f"{name}_lower"], hits[f"{name}_upper"] = hits[name] - 1, hits[name] + 1
    checked = pd.DataFrame({f"{name}_{kind}": [10.0] for name in "KGE" for kind in ("label", "reference")})
    X, y = planted.X[["stei_max", "noise_0"]], np.exp(2 + 0.1 * planted.X["stei_max"])
    return {
        "plot_associations": [
            associations(planted.y, X, planted.meta[["halide"]], planted.groups, n_resamples=50),
            "stei_max",
        ],
        "plot_dendrogram": [correlation_groups(planted.X)],
        "plot_distribution": [moduli, "E_vrh", "halide"],
        "plot_label_check": [checked],
        "plot_moduli": [moduli],
        "plot_modulus": [moduli["E_vrh"], planted.X["stei_max"], {"colour": moduli["halide"]}],
        "plot_pareto": [hits],
        "plot_series": [moduli, "E_vrh"],
        "plot_shape": [YoungModulusRegressor("ridge", target="E_vrh").fit(X, y), "stei_max", X, y],
    }


def _of_scores():
    interval = {"value": 0.5, "lower": 0.4, "upper": 0.6}
    held = pd.DataFrame({"truth": [8.0, 12.0], "prediction": [9.0, 8.0]}, index=["a", "b"])
    halides = pd.Series(["I", "Br"], index=held.index)
    part = {"part": "halide", "value": "I", "lower": 0.5, "upper": 1.5}
    curve = pd.DataFrame({"n_groups": [4, 8], "n_rows": [8, 16], **interval})
    null = np.random.default_rng(0).normal(size=9)
    steps = pd.DataFrame({"n_target_crystals": [5.0], "loss": [1.0], "loss_lower": [0.8], "loss_upper": [1.2]})
    known = pd.DataFrame({"y": [8.0, 12.0], "source only, spacer held out": [9.0, 11.0]})
    transfer = TransferResult(True, "", "n = 1", "n >= 2", 2, 2, predictions=known, learning_curve=steps)
    return {
        "plot_adaptation_curve": [transfer],
        "plot_coverage": [pd.DataFrame([{**part, "count": 3, "coverage": 0.9}]), 0.9],
        "plot_learning_curve": [LearningCurve(curve, curve.assign(repeat=0), "MAE")],
        "plot_parity": [held["truth"], held["prediction"], halides],
        "plot_parts": [pd.DataFrame([{**part, "metric": "MAE", "score": 1.0, "n_rows": 3}]), "MAE"],
        "plot_reliability": [[0, 1, 0, 1], [0.2, 0.4, 0.6, 0.8]],
        "plot_residuals": [held, halides],
        "plot_scores": [pd.DataFrame([interval, interval], index=["model", "mean"]), "R2"],
        "plot_scrambling": [Scrambling(metric="R2", observed=0.7, null=null, p_value=0.1)],
        "plot_transfer_parity": [transfer],
    }


def _of_explanations(planted, regressor):
    explanation = explain(regressor, planted.X, planted.y, planted.groups, n_repeats=1, interactions=True)
    ranking = rank(explanation, n_resamples=6, n_shadow=2, drop="none")
    reasons = SimpleNamespace(
        groups=pd.DataFrame({"value": [1.0], "members": [2], "contribution": [0.3]}, index=["x"]),
        scale="target", expected=10.0, target="E_vrh", crystal="one",
    )  # fmt: skip
    return {
        "plot_ale": [effects(explanation, ranking=ranking, descriptors=["bridge_angle_mean"]), "bridge_angle_mean"],
        "plot_answer": [ranking, pd.Series({"stei_max": "increasing"})],
        "plot_beeswarm": [explanation],
        "plot_decision": [explanation],
        "plot_dependence": [explanation, "stei_max"],
        "plot_family_importance": [explanation.grouped_importance({"steric": ["stei_max", "stei_head"]})],
        "plot_heatmap": [explanation],
        "plot_interactions": [pd.DataFrame({"first": ["x"], "second": ["y"], "share": [0.02]})],
        "plot_ranking": [ranking],
        "plot_reasons": [reasons],
        "plot_train_against_held_out": [explanation],
        "plot_waterfall": [explanation, "c7"],
    }


def _drawn(name, arguments, **more):
    given, options = list(arguments[name]), {}
    if given and isinstance(given[-1], dict):
        options = given.pop()
    return getattr(figures, name)(*given, **options, **more)


def test_every_figure_is_here(arguments):
    assert sorted(arguments) == FIGURES


@pytest.mark.parametrize("name", FIGURES)
def test_axes_are_an_option_that_is_left_out_by_default(name):
    parameter = inspect.signature(getattr(figures, name)).parameters["ax"]
    assert parameter.default is None


@pytest.mark.parametrize("name", FIGURES)
def test_descriptors_are_named_in_one_way(name):
    assert not {"units", "labels"} & set(inspect.signature(getattr(figures, name)).parameters)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_without_axes_shows_itself_and_is_not_left_open(name, arguments):
    before = plt.get_fignums(), dict(plt.rcParams)
    ax = _drawn(name, arguments)
    assert ax._repr_png_().startswith(b"\x89PNG")
    assert ax.figure._repr_png_().startswith(b"\x89PNG")
    assert ax.has_data()
    assert (plt.get_fignums(), dict(plt.rcParams)) == before


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_on_the_axes_it_is_given(name, arguments):
    ax = Figure().add_subplot(projection=PROJECTIONS.get(name))
    assert _drawn(name, arguments, ax=ax) is ax
    assert ax.has_data()
