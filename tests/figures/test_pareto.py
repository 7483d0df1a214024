"""Hits of a screen by two moduli."""

import pandas as pd
from matplotlib.figure import Figure

from perovex.figures import plot_pareto


def test_the_front_is_drawn_apart_with_its_intervals():
    hits = pd.DataFrame(
        {"E_in_plane": [10.0, 8.0, 7.0], "E_out_of_plane": [4.0, 6.0, 3.0], "pareto": [True, True, False]}
    )
    for name in ("E_in_plane", "E_out_of_plane"):
        hits[f"{name}_lower"], hits[f"{name}_upper"] = hits[name] - 1, hits[name] + 2
    ax = plot_pareto(hits, Figure().subplots())
    places = {c.get_label(): c.get_offsets().tolist() for c in ax.collections if c.get_label()[0] != "_"}
    assert places["other hits"] == [[7.0, 3.0]]
    assert places["Pareto front, with intervals"] == [[10.0, 4.0], [8.0, 6.0]]
    across = [segment[:, 0].tolist() for segment in ax.containers[0].lines[2][0].get_segments()]
    assert across == [[9.0, 12.0], [7.0, 10.0]]
