"""Figures show what they claim, on the axes they are given."""

import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from perovex import figures
from perovex.errors import ModelInputError
from perovex.explain import associations, correlation_groups, effects, explain, rank, transfer_test
from perovex.explain.names import Names, name_of
from perovex.figures.shap_values import swarm


@pytest.fixture(scope="module")
def explained(planted, regressor):
    return explain(regressor, planted.X, planted.y, planted.groups, n_repeats=1, interactions=True)


@pytest.fixture
def ax():
    return Figure().subplots()


def test_beeswarm_puts_every_crystal_at_its_value(explained, ax):
    drawn = figures.plot_beeswarm(explained, n=3, ax=ax)
    assert drawn is ax
    x = np.concatenate([c.get_offsets()[:, 0] for c in ax.collections if len(c.get_offsets())])
    top = list(explained.importance().index[:3])
    assert np.sort(np.asarray(x)) == pytest.approx(np.sort(explained.values[top].to_numpy().ravel()))
    assert "M-X-M angle (deg)" in [t.get_text() for t in ax.get_yticklabels()]  # from the registry


def test_waterfall_ends_at_the_prediction(explained, ax):
    figures.plot_waterfall(explained, "c7", n=4, ax=ax)
    assert ax.lines[-1].get_xdata()[0] == pytest.approx(explained.prediction["c7"], abs=1e-3)
    assert len(ax.patches) == 5
    with pytest.raises(ModelInputError, match="not explained"):
        figures.plot_waterfall(explained, "absent", ax=ax)


def test_decision_paths_end_at_the_outputs(explained, ax):
    figures.plot_decision(explained, n=4, ax=ax)
    ends = [line.get_xdata()[-1] for line in ax.lines[: explained.n_rows]]
    assert ends == pytest.approx(explained.prediction.tolist(), abs=1e-3)


def test_other_figures_draw_their_data(explained, planted, regressor):
    ax = figures.plot_dependence(explained, "bridge_angle_mean", ax=Figure().subplots())
    assert len(ax.figure.axes) == 2  # coloured by the strongest partner
    ax = figures.plot_heatmap(explained, n=5, ax=Figure().subplots())
    assert ax.images[0].get_array().shape == (5, explained.n_rows)
    ranking = rank(explained, n_resamples=6, n_shadow=2, drop="none")
    ax = figures.plot_ranking(ranking, n=6, ax=Figure().subplots())
    assert sorted(p.get_width() for p in ax.patches) == pytest.approx(sorted(100 * ranking.table["share"].head(6)))
    found = effects(explained, ranking=ranking, descriptors=["bridge_angle_mean"])
    ax = figures.plot_ale(found, "bridge_angle_mean", names=Names({"bridge_angle_mean": "rad"}), ax=Figure().subplots())
    assert ax.get_xlabel() == "M-X-M angle (rad)"
    with pytest.raises(ModelInputError, match="no accumulated"):
        figures.plot_ale(found, "noise_0")
    clusters = correlation_groups(planted.X)
    ax = figures.plot_dendrogram(clusters, ax=Figure().subplots())
    assert {t.get_text() for t in ax.get_yticklabels()} == {name_of(c) for c in planted.X.columns}
    family = explained.grouped_importance({"stei": ["stei_max", "stei_head"], "angle": ["bridge_angle_mean"]})
    assert len(figures.plot_family_importance(family, ax=Figure().subplots()).patches) == 2


def test_transfer_figures(planted, regressor):
    found = transfer_test(
        planted.X,
        planted.y,
        planted.groups,
        source="n_layers == 1",
        target="n_layers >= 2",
        meta=planted.meta,
        estimator=regressor,
        full=False,
    )
    ax = figures.plot_transfer_parity(found, by=planted.meta["n_layers"], ax=Figure().subplots())
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["n = 2", "n = 3"]
    ax = figures.plot_adaptation_curve(found, ax=Figure().subplots())
    assert ax.get_xlabel() == "target crystals of other spacers in training"
    with pytest.raises(ModelInputError, match="no predictions"):
        figures.plot_transfer_parity(found, model="absent")


def test_labels_of_a_large_tree_do_not_cover_each_other():
    rng = np.random.default_rng(0)
    base = rng.normal(size=(50, 12))
    X = pd.DataFrame(np.repeat(base, 9, axis=1) + 0.1 * rng.normal(size=(50, 108))).add_prefix("d")
    clusters = correlation_groups(X)
    own = figures.plot_dendrogram(clusters)
    assert len(own.get_yticks()) == 108
    small = figures.plot_dendrogram(clusters, ax=Figure(figsize=(5, 3)).subplots())
    assert len(small.get_yticks()) <= 12
    assert "and 8 more" in small.get_yticklabels()[0].get_text()
    for ax in (own, small):
        ax.figure.canvas.draw()
        boxes = [t.get_window_extent() for t in ax.get_yticklabels()]
        boxes.sort(key=lambda box: box.y0)
        gaps = [b.y0 - a.y1 for a, b in itertools.pairwise(boxes)]
        assert min(gaps) > -0.35 * boxes[0].height  # boxes hold more than the letters


def test_figures_leave_no_global_state(explained):
    before = dict(mpl.rcParams)
    ax = figures.plot_beeswarm(explained)
    assert ax.figure.canvas is not None
    assert dict(mpl.rcParams) == before
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60))
def test_swarm_stays_within_its_row(values):
    offsets = swarm(np.array(values))
    assert np.abs(offsets).max() <= 0.38 + 1e-12


def test_associations_are_drawn_with_their_intervals(planted, ax):
    table = associations(planted.y, planted.X[["stei_max", "noise_0"]], planted.meta[["halide"]], planted.groups)
    figures.plot_associations(table, "stei_max", ax=ax)
    part = table[table["descriptor"] == "stei_max"]
    drawn = np.concatenate([c.get_offsets()[:, 0] for c in ax.collections if isinstance(c, PathCollection)])
    assert np.sort(np.asarray(drawn)) == pytest.approx(np.sort(part["estimate"].to_numpy()))
    assert len(ax.get_yticks()) == len(part)
    with pytest.raises(ModelInputError, match="no associations"):
        figures.plot_associations(table, "absent", ax=ax)


def test_a_modulus_is_drawn_against_what_explains_it(planted, ax):
    modulus, halide = planted.y.clip(lower=1).rename("E_vrh"), planted.meta["halide"]
    figures.plot_modulus(modulus, planted.X["noise_0"], colour=halide, size=planted.X["stei_max"], ax=ax)
    assert sum(len(c.get_offsets()) for c in ax.collections) == 120
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Br", "I"]
    assert ax.get_ylabel() == "E_vrh (GPa)"
