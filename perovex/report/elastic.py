"""The report page of one elastic tensor."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.figures.axes import figure
from perovex.figures.style import embed_svg, style
from perovex.figures.tensor_cuts import PROPERTIES, plot_cut
from perovex.report.document import Document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from perovex.elasticity.tensor import ElasticTensor

TITLES = {
    "averages": "Averages of a random polycrystal",
    "indices": "Stability, anisotropy and bonding",
    "extremes": "Extremes over all directions",
    "directions": "Along directions",
    "strain_energy": "Energy of strain states",
    "strain": "Energy and stress of the given strain",
    "sheet": "In and out of the sheet plane",
    "film": "Textured film: grains share the normal and are turned about it at random",
    "plate": "One slab as a plate",
    "sound": "Sound and heat",
    "waves": "Plane waves along directions",
}
"""Titles of the tables of `perovex.elasticity.properties.analysis.analyse`."""

NOTES = {
    "plate": "Constants in N/m are stiffness times thickness, faces free of stress; the bending stiffness is that of a "
    "homogeneous plate of that thickness, which is the stacking period per slab unless it was given.",
    "sound": "The Debye temperature counts all atoms of the cell. Clarke: 0.87 k_B M^(-2/3) E^(1/2) density^(1/6); "
    "Cahill: k_B/2.48 n^(2/3) (v_l + 2 v_t).",
    "film": "Constants about the normal, which is the third axis.",
    "waves": "Velocities in km/s, slowness in s/km; flow is the angle (deg) between energy and wave normal, long. the "
    "share of the displacement along the wave normal. Where two modes are equally fast any pair across is right.",
    "extremes": "Directions are Cartesian, in the frame of the tensor; the second one is that of the lateral strain or "
    "of the shear.",
}


def extremes_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of extremes with directions as short text."""

    def text(row: pd.Series, side: str) -> str:
        ends = [row[f"{side}_direction"], row[f"{side}_second"]]
        return "; ".join(_components(end) for end in ends if end is not None)

    worded = table[["min", "max", "unit", "ratio"]].copy()
    worded["along (min)"] = [text(row, "min") for _, row in table.iterrows()]
    worded["along (max)"] = [text(row, "max") for _, row in table.iterrows()]
    worded.index = pd.Index([name.replace("_", " ").replace("youngs", "Young's") for name in table.index])
    worded.index = worded.index.str.replace("poissons", "Poisson's").rename("property")
    return worded


def waves_in_words(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of waves with vectors as short text."""
    short = {"flow_angle": "flow", "longitudinal": "long.", "polarisation": "displacement", "group_direction": "energy"}
    vectors = {key: [_components(vector) for vector in table[key]] for key in ("polarisation", "group_direction")}
    return table.assign(**vectors).rename(columns=short)


def _components(vector: Sequence[float]) -> str:
    return " ".join(f"{x + 0.0:.3f}" for x in np.round(vector, 3))


WORDED = {"extremes": extremes_in_words, "waves": waves_in_words}
"""Tables that hold vectors, and how they are put in words."""


def elastic_report(
    tensor: ElasticTensor,
    tables: dict[str, pd.DataFrame],
    *,
    title: str,
    remarks: Sequence[str] = (),
    normal: ArrayLike | None = None,
    density: float | None = None,
) -> Document:
    """Return the page of a tensor: what was read, tables, cuts.

    Parameters
    ----------
    tensor : ElasticTensor
        The tensor.
    tables : dict of str to DataFrame
        From `perovex.elasticity.properties.analysis.analyse`.
    title : str
        Heading of the page.
    remarks : sequence of str
        What was noticed on reading.
    normal : array_like, shape (3,), optional
        Normal of the sheets; z by default.
    density : float, optional
        g/cm³; adds cuts of velocities.

    Returns
    -------
    Document
    """
    page = Document(title, "Elastic tensor, GPa, Voigt order xx yy zz yz xz xy")
    first = page.section("Tensor")
    for remark in remarks:
        first.note(remark[:1].upper() + remark[1:] + ".")
    names = [str(k) for k in range(1, 7)]
    first.table(pd.DataFrame(tensor.C, index=pd.Index(names, name="C"), columns=names), "Stiffness (GPa)", digits=4)
    for key, table in tables.items():
        section = page.section(TITLES[key])
        section.table(WORDED[key](table) if key in WORDED else table, TITLES[key], digits=4)
        if key in NOTES:
            section.text(NOTES[key])
    if tensor.born_stable:
        _draw(page, tensor, normal, density)
    return page


def _draw(page: Document, tensor: ElasticTensor, normal: ArrayLike | None, density: float | None) -> None:
    """Cuts in the sheet plane and in a plane that holds the normal."""
    n = np.array([0.0, 0.0, 1.0]) if normal is None else np.atleast_2d(np.asarray(normal, float))[-1]
    across = np.eye(3)[np.abs(n).argmin()]
    side = np.cross(n, across) / np.linalg.norm(np.cross(n, across))
    section = page.section("Cuts")
    for prop in PROPERTIES:
        if density is None and PROPERTIES[prop].of_waves:
            continue
        if prop in {"slowness", "group_velocity"}:
            continue
        with style():
            made, (left, right) = figure(8.0, 3.8, ncols=2, subplot_kw={"projection": "polar"})
            plot_cut(tensor, prop, n, left, density=density)
            plot_cut(tensor, prop, side, right, density=density)
            left.set_xlabel("in the sheet plane" if normal is not None else "xy plane")
            right.set_xlabel("plane that holds the normal" if normal is not None else "plane that holds z")
            buffer = io.BytesIO()
            made.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "perovex"})
        section.drawing(embed_svg(buffer.getvalue().decode(), prop), PROPERTIES[prop].label)
