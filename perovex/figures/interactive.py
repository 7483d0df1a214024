"""Figures that answer to the pointer, for the report: names and values on hover. Plotly draws them in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from perovex.explain.names import amount, axis_label
from perovex.figures.axes import rank_colour
from perovex.figures.shap_values import shap_label, swarm
from perovex.figures.style import GREY, HALIDE_COLOURS, PURPLE

if TYPE_CHECKING:
    import pandas as pd

    from perovex.explain.attribution.explanation import Explanation

_SYMBOLS = {"Cl": "triangle-up", "Br": "square", "I": "circle"}
_MARGIN = {"l": 60, "r": 20, "t": 30, "b": 55}


def parity_chart(held: pd.DataFrame, halide: pd.Series, *, unit: str = "GPa") -> go.Figure:
    """Return held-out predictions against labels, with intervals and names on hover.

    Parameters
    ----------
    held : DataFrame
        Columns ``truth`` and ``prediction``, as `Evaluation.out_of_fold` gives them; ``lower`` and ``upper`` where
        known. Index: names of crystals.
    halide : Series
        Halide of each row.
    unit : str
        Unit of the target.

    Returns
    -------
    plotly.graph_objects.Figure

    Examples
    --------
    >>> import pandas as pd
    >>> held = pd.DataFrame({"truth": [8.0, 12.0], "prediction": [9.0, 11.0]}, index=["one", "two"])
    >>> [trace.name for trace in parity_chart(held, pd.Series(["I", "Br"], index=held.index)).data]
    ['perfect', 'Br', 'I']
    """
    both = held[["truth", "prediction"]].to_numpy(float)
    smallest, largest = float(np.nanmin(both)), float(np.nanmax(both))
    room = 0.05 * (largest - smallest) + 1e-9
    ends = [smallest - room, largest + room]
    line = {"color": GREY, "dash": "dash", "width": 1}
    chart = go.Figure(go.Scatter(x=ends, y=ends, mode="lines", line=line, name="perfect", hoverinfo="skip"))
    has_interval = {"lower", "upper"} <= set(held.columns)
    for name in sorted(halide.unique()):
        rows = held[(halide == name).to_numpy()]
        hover = [f"{crystal}<br>label {row['truth']:.3g}, predicted {row['prediction']:.3g}" for crystal, row in
                 rows.iterrows()]  # fmt: skip
        if has_interval:
            spans = zip(rows["lower"], rows["upper"], strict=True)
            hover = [f"{text} ({low:.3g} to {high:.3g})" for text, (low, high) in zip(hover, spans, strict=True)]
        marker = {
            "color": HALIDE_COLOURS.get(str(name), PURPLE),
            "symbol": _SYMBOLS.get(str(name), "diamond"),
            "size": 8,
        }
        chart.add_scatter(
            x=rows["truth"], y=rows["prediction"], mode="markers", name=str(name), text=hover, marker=marker,
            hovertemplate="%{text}<extra></extra>", opacity=0.8,
        )  # fmt: skip
    chart.update_layout(height=460, margin=_MARGIN, template="none", hovermode="closest")
    chart.update_xaxes(title_text=f"label ({unit})", range=ends)
    chart.update_yaxes(title_text=f"held-out prediction ({unit})", range=ends)
    return chart


def beeswarm_chart(explanation: Explanation, *, n: int = 12, target: str = "") -> go.Figure:
    """Return SHAP values of held-out crystals, one row per descriptor, with names and values on hover.

    Parameters
    ----------
    explanation : Explanation
    n : int
        Descriptors, most important on top.
    target : str
        Name of the target, for the axis.

    Returns
    -------
    plotly.graph_objects.Figure
        Colour goes by the rank of the descriptor's value; grey where it is undefined.
    """
    names = list(explanation.importance().index[:n])[::-1]
    values = explanation.values
    chart = go.Figure()
    for height, name in enumerate(names):
        shap = values[name].to_numpy()
        colour = rank_colour(explanation.X[name].to_numpy(float))
        hover = [
            f"{crystal}<br>{amount(value, name)}: {part:+.3g}"
            for crystal, value, part in zip(values.index, explanation.X[name], shap, strict=True)
        ]
        missing = np.isnan(colour)
        marker = {"size": 6, "color": np.where(missing, 0.5, colour), "colorscale": "Cividis", "cmin": 0, "cmax": 1}
        marker["opacity"] = np.where(missing, 0.35, 0.9)
        if height == len(names) - 1:
            marker["colorbar"] = {
                "title": {"text": "value", "side": "right"},
                "tickvals": [0, 1],
                "ticktext": ["low", "high"],
            }
            marker["showscale"] = True
        chart.add_scatter(
            x=shap, y=height + swarm(shap), mode="markers", text=hover, marker=marker, showlegend=False,
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    chart.update_layout(height=90 + 34 * len(names), margin={**_MARGIN, "l": 210}, template="none", hovermode="closest")
    chart.update_xaxes(title_text=shap_label(explanation, target).replace("\n", "<br>"), zeroline=True)
    chart.update_yaxes(
        tickvals=list(range(len(names))), ticktext=[axis_label(name) for name in names], automargin=True, zeroline=False
    )
    return chart
