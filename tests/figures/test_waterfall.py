"""Contributions end to end."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from perovex.figures.waterfall import draw_waterfall, plot_reasons


def test_bars_follow_each_other_from_start_to_sum():
    ax = draw_waterfall(["a", "b", "c"], [2.0, -0.5, 0.25], 10.0, Figure().subplots())
    bars = [(bar.get_x(), bar.get_width()) for bar in ax.patches]
    assert bars == [(10.0, 0.25), (10.25, -0.5), (9.75, 2.0)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["c", "b", "a"]
    assert ax.lines[-1].get_xdata()[0] == 11.75


def test_what_is_not_shown_is_added_up_and_logarithms_are_read_in_gigapascals():
    groups = pd.DataFrame(
        {"value": [1.0, 2.0, 3.0], "members": [2, 1, 1], "contribution": [0.3, 0.2, 0.1]}, index=["x", "y", "z"]
    )
    facts = {"scale": "ln(target)", "expected": np.exp(2.0), "target": "E_in_plane", "crystal": "one"}
    reasons = SimpleNamespace(groups=groups, **facts)
    ax = plot_reasons(reasons, n=1, ax=Figure().subplots())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["2 others", "x = 1 and 1 alike"]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([0.3, 0.3])
    assert ax.xaxis.get_major_formatter()(2.0, 0) == "7.39"
