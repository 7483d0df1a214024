"""A small SVG drawing of a perceived crystal for notebooks: octahedra along one in-plane axis."""

from __future__ import annotations

import html
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import ConvexHull, QhullError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.model import LayeredPerovskite

_WIDTH, _MARGIN = 340.0, 12.0
#: Okabe-Ito: distinguishable with any colour vision.
_FILL, _EDGE, _SPACER, _CAGE, _GUEST = "#56B4E9", "#0072B2", "#E69F00", "#009E73", "#999999"
_MAX_SHAPES = 600


def svg(crystal: LayeredPerovskite) -> str:
    """Draw the octahedra and cations projected on the first in-plane axis (across) and the normal (up).

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    str
        An ``<svg>`` element.

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import cubic
    >>> svg(perceive(cubic())).startswith("<svg")
    True
    """
    across = crystal.in_plane_axes[0] - (crystal.in_plane_axes[0] @ crystal.normal) * crystal.normal
    view = np.array([across / np.linalg.norm(across), crystal.normal])
    solids = [_outline((v + c) @ view.T) for v, c in _solids(crystal)]
    dots = [(x @ view.T, {"spacer": _SPACER, "cage": _CAGE}.get(role, _GUEST)) for x, role in _atoms(crystal)]
    points = np.vstack([*solids, *(p[None] for p, _ in dots)])
    low = points.min(axis=0)
    span = np.maximum(points.max(axis=0) - low, 1.0)
    scale = (_WIDTH - 2 * _MARGIN) / span[0]
    scale = min(scale, 420.0 / span[1])
    height = span[1] * scale + 2 * _MARGIN

    def place(p: NDArray[np.float64]) -> str:
        return f"{_MARGIN + (p[0] - low[0]) * scale:.1f},{height - _MARGIN - (p[1] - low[1]) * scale:.1f}"

    shapes = [
        f'<polygon points="{" ".join(place(p) for p in solid)}" fill="{_FILL}" fill-opacity="0.55" stroke="{_EDGE}"/>'
        for solid in solids
    ]
    for p, colour in dots:
        x, y = place(p).split(",")
        shapes.append(f'<circle cx="{x}" cy="{y}" r="{max(1.2, 0.28 * scale):.1f}" fill="{colour}"/>')
    width = span[0] * scale + 2 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" role="img" '
        f'aria-label="octahedra seen along a sheet, normal upwards">{"".join(shapes)}</svg>'
    )


def _solids(crystal: LayeredPerovskite) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Ligand vectors and centre of each octahedron, slabs put together."""
    lattice = np.array(crystal.structure.lattice.matrix)
    centre = crystal.octahedra.centre.copy()
    for slab in crystal.slabs:
        for octahedron, image in slab.image.items():
            centre[octahedron] += image @ lattice
    pairs = zip(crystal.octahedra.vectors, centre, strict=True)
    return [(v, c) for v, c in pairs][:_MAX_SHAPES]


def _outline(points: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        return points[ConvexHull(points).vertices]
    except QhullError:
        return points


def _atoms(crystal: LayeredPerovskite) -> list[tuple[NDArray[np.float64], str]]:
    """Heavy atoms of the molecules, brought into one stacking period."""
    found: list[tuple[NDArray[np.float64], str]] = []
    for m in crystal.molecules:
        found += [(x, m.role) for x, s in zip(m.coordinates, m.symbols, strict=True) if s != "H"]
    return found[: 4 * _MAX_SHAPES]


def rows(crystal: LayeredPerovskite) -> list[tuple[str, str]]:
    """Name and value of every line of the summary table.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.
    """
    lengths = crystal.octahedra.bond_lengths
    kinds = Counter((m.role, m.smiles) for m in crystal.molecules)
    table = [
        ("formula", crystal.structure.composition.reduced_formula),
        ("network", f"{crystal.dimensionality}D, {crystal.phase}" if crystal.dimensionality == 2 else "3D"),
        ("sheets per slab", f"{crystal.n_layers:g}"),
        ("metal, halide", f"{', '.join(crystal.metals)}; {', '.join(crystal.halides)}"),
        ("octahedra", f"{len(crystal.octahedra)} in {len(crystal.structure)} atoms"),
        ("bond lengths", f"{lengths.min():.3f} to {lengths.max():.3f} Å, mean {lengths.mean():.3f} Å"),
    ]
    table += [(role, f"{count} x {smiles}") for (role, smiles), count in sorted(kinds.items())]
    return table


def summary_html(crystal: LayeredPerovskite) -> str:
    """Drawing, summary table and warnings as one HTML fragment.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.
    """
    head = f"<b>{html.escape(crystal.source)}</b>" if crystal.source else ""
    body = "".join(
        f'<tr style="text-align:left"><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>'
        for name, value in rows(crystal)
    )
    notes = "".join(f"<li>{html.escape(w)}</li>" for w in crystal.warnings)
    warned = f"<p>Warnings</p><ul>{notes}</ul>" if notes else ""
    return (
        f'<div style="display:flex;gap:1.5em;align-items:flex-start">{svg(crystal)}'
        f"<div>{head}<table>{body}</table>{warned}</div></div>"
    )
