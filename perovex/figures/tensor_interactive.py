"""Surfaces of a property that turn under the mouse in Jupyter or a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex._extras import command_for
from perovex.errors import ElasticityError
from perovex.figures.tensor_cuts import PROPERTIES, shown_values, sphere

if TYPE_CHECKING:
    from perovex.elasticity.tensor import ElasticTensor


def interactive_surface(
    tensor: ElasticTensor, prop: str = "youngs_modulus", *, density: float | None = None, points: int = 60
) -> Any:
    """Return the surfaces of a property as a figure that turns under the mouse and tells values.

    Parameters
    ----------
    tensor : ElasticTensor
        Stable, GPa.
    prop : str
        As for `plot_cut`; smallest and largest value, or the three modes, are nested surfaces.
    density : float, optional
        g/cm³, for waves.
    points : int
        Grid lines from pole to pole; twice as many around.

    Returns
    -------
    plotly.graph_objects.Figure
        Shows itself in Jupyter; ``write_html`` makes a page of it.

    Raises
    ------
    ElasticityError
        If the property cannot be drawn or plotly is missing.
    """
    try:
        import plotly.graph_objects as go
    except ImportError as error:
        raise ElasticityError("interactive surfaces need plotly", remedy=command_for("plotly")) from error
    unit, shape = sphere(points)
    values = shown_values(tensor, prop, unit, density)
    shown, surfaces = PROPERTIES[prop], []
    for k, name in enumerate(shown.lines):
        column = values[:, k]
        x, y, z = (unit * np.abs(column)[:, None]).T.reshape(3, *shape)
        outer = k == len(shown.lines) - 1
        surfaces.append(
            go.Surface(
                x=x,
                y=y,
                z=z,
                surfacecolor=column.reshape(shape),
                cmin=float(np.nanmin(values)),
                cmax=float(np.nanmax(values)),
                colorscale="Viridis",
                opacity=0.45 if outer and len(shown.lines) > 1 else 1.0,
                name=name or shown.label,
                showlegend=len(shown.lines) > 1,
                showscale=outer,
                customdata=unit.reshape(*shape, 3),
                hovertemplate="%{surfacecolor:.4g} along "
                "(%{customdata[0]:.2f} %{customdata[1]:.2f} %{customdata[2]:.2f})",
            )
        )
    made = go.Figure(surfaces)
    made.update_layout(title=shown.label, scene_aspectmode="data", margin={"l": 0, "r": 0, "b": 0, "t": 40})
    return made
