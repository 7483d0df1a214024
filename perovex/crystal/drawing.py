"""A small SVG drawing of a perceived crystal for notebooks: one row of octahedra seen along a sheet."""

from __future__ import annotations

import html
from collections import Counter
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from perovex._colours import LIGHT_GREY, PALETTE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.model import LayeredPerovskite

    Array = NDArray[np.float64]

_WIDTH, _HEIGHT, _MARGIN = 360.0, 420.0, 10.0
_FILL, _EDGE, _NITROGEN = PALETTE["sky"], PALETTE["blue"], PALETTE["black"]
_COLOURS = {"spacer": PALETTE["orange"], "cage": PALETTE["green"], "guest": LIGHT_GREY}
#: Octahedra side by side, and where the window begins: off the positions that rows of shifted slabs take.
_ACROSS, _BEGIN = 3, -0.37
_MAX_SHAPES = 1500


class _Window:
    """A box cut out of the crystal: `_ACROSS` octahedra wide, one deep, one stacking period and a slab high."""

    def __init__(self, crystal: LayeredPerovskite) -> None:
        across = crystal.in_plane_axes[0] - (crystal.in_plane_axes[0] @ crystal.normal) * crystal.normal
        across /= np.linalg.norm(across)
        self.axes = np.array([across, crystal.normal, np.cross(crystal.normal, across)])
        steps = crystal.bridges.vectors[:, 1] - crystal.bridges.vectors[:, 0]
        step = float(np.linalg.norm(steps[~crystal.bridges.axial], axis=1).mean())
        self.lattice = np.array(crystal.structure.lattice.matrix)
        first, height = crystal.octahedra.centre[0], _ACROSS * step
        if crystal.slabs:
            slab = crystal.slabs[0]
            bottom = slab.sheets[0][0]
            first = crystal.octahedra.centre[bottom] + slab.image[bottom] @ self.lattice
            height = crystal.repeat_height + float(np.ptp(slab.metal_heights)) + 0.6 * step
        self.low = first @ self.axes.T + _BEGIN * step
        self.high = self.low + np.array([_ACROSS * step, height, step])
        corners = np.array(list(product(*zip(self.low, self.high, strict=True)))) @ self.axes
        self.corners = corners @ np.linalg.inv(self.lattice)

    def copies(self, point: Array) -> Array:
        """Lattice translations (Cartesian) that put a point into the box, shape (c, 3)."""
        place = point @ np.linalg.inv(self.lattice)
        low = np.floor(self.corners.min(axis=0) - place).astype(int)
        high = np.ceil(self.corners.max(axis=0) - place).astype(int)
        cells = np.stack(np.meshgrid(*(np.arange(a, b + 1) for a, b in zip(low, high, strict=True)), indexing="ij"), -1)
        moves = cells.reshape(-1, 3) @ self.lattice
        seen = (point + moves) @ self.axes.T
        return np.asarray(moves[((seen >= self.low) & (seen < self.high)).all(axis=1)])


def svg(crystal: LayeredPerovskite) -> str:
    """Draw a row of octahedra and the molecules beside it: first in-plane axis to the right, normal up.

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
    window = _Window(crystal)
    shapes = (_octahedra(crystal, window) + _molecules(crystal, window))[:_MAX_SHAPES]
    points = np.vstack([points[:, :2] for _, points, _ in shapes])
    low, span = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1.0)
    scale = min((_WIDTH - 2 * _MARGIN) / span[0], (_HEIGHT - 2 * _MARGIN) / span[1])
    width, height = span * scale + 2 * _MARGIN

    def place(p: Array) -> tuple[str, str]:
        return f"{_MARGIN + (p[0] - low[0]) * scale:.1f}", f"{height - _MARGIN - (p[1] - low[1]) * scale:.1f}"

    drawn = []
    for kind, ends, colour in sorted(shapes, key=lambda s: -float(s[1][:, 2].mean())):  # what is near comes last
        spots = [place(p) for p in ends]
        if kind == "solid":
            listed = " ".join(f"{x},{y}" for x, y in spots)
            drawn.append(f'<polygon points="{listed}" fill="{_FILL}" fill-opacity="0.6" stroke="{_EDGE}"/>')
        elif kind == "bond":
            (x, y), (u, v) = spots
            stroke = f'stroke="{colour}" stroke-width="{max(1.5, 0.3 * scale):.1f}" stroke-linecap="round"'
            drawn.append(f'<line x1="{x}" y1="{y}" x2="{u}" y2="{v}" {stroke}/>')
        else:
            ((x, y),) = spots
            drawn.append(f'<circle cx="{x}" cy="{y}" r="{max(1.2, 0.33 * scale):.1f}" fill="{colour}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" style="flex-shrink:0" '
        f'role="img" aria-label="octahedra and molecules seen along a sheet, normal upwards">{"".join(drawn)}</svg>'
    )


_Shape = tuple[str, "Array", str]


def _octahedra(crystal: LayeredPerovskite, window: _Window) -> list[_Shape]:
    return [
        ("solid", _outline((vectors + centre + move) @ window.axes.T), _FILL)
        for vectors, centre in zip(crystal.octahedra.vectors, crystal.octahedra.centre, strict=True)
        for move in window.copies(centre)
    ]


def _outline(points: Array) -> Array:
    """Corners of the silhouette, in order."""
    try:
        return points[ConvexHull(points[:, :2]).vertices]
    except QhullError:
        return points


def _molecules(crystal: LayeredPerovskite, window: _Window) -> list[_Shape]:
    """Bonds between heavy atoms and dots on nitrogen, on lone atoms and on water."""
    shapes: list[_Shape] = []
    for m in crystal.molecules:
        heavy = [k for k, s in enumerate(m.symbols) if s != "H"] or list(range(len(m)))
        colour = _COLOURS[m.role]
        bonds = [pair for pair in m.bonds if "H" not in {m.symbols[k] for k in pair}]
        nitrogens = [k for k in heavy if m.symbols[k] == "N"]
        alone = [k for k in heavy if len(heavy) == 1 and m.symbols[k] != "N"]
        for move in window.copies(m.coordinates[heavy].mean(axis=0)):
            seen = (m.coordinates + move) @ window.axes.T
            shapes += [("bond", seen[pair], colour) for pair in bonds]
            shapes += [("dot", seen[[k]], _NITROGEN) for k in nitrogens]
            shapes += [("dot", seen[[k]], colour) for k in alone]
    return shapes


def rows(crystal: LayeredPerovskite) -> list[tuple[str, str]]:
    """Name and value of every line of the summary table.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.
    """
    lengths = crystal.octahedra.bond_lengths
    arms = crystal.bridges.vectors / np.linalg.norm(crystal.bridges.vectors, axis=2, keepdims=True)
    angles = np.degrees(np.arccos(np.clip((arms[:, 0] * arms[:, 1]).sum(axis=1), -1.0, 1.0)))
    kinds = Counter((m.role, m.smiles) for m in crystal.molecules)
    parts = [f"{crystal.dimensionality}D", crystal.phase, crystal.stacking] if crystal.slabs else [crystal.phase]
    bends = f"{angles.min():.1f} to {angles.max():.1f}°, mean {angles.mean():.1f}°" if len(angles) else "none"
    table = [
        ("formula", crystal.formula),
        ("network", ", ".join(filter(None, parts))),
        *([("sheets per slab", f"{crystal.n_layers:g}")] if crystal.slabs else []),
        ("metal, halide", f"{', '.join(crystal.metals)}; {', '.join(crystal.halides)}"),
        ("octahedra", f"{len(crystal.octahedra)} in {len(crystal.structure)} atoms"),
        ("M-X lengths", f"{lengths.min():.3f} to {lengths.max():.3f} Å, mean {lengths.mean():.3f} Å"),
        ("M-X-M angles", bends),
    ]
    table += [(role, f"{count} x {smiles}") for (role, smiles), count in sorted(kinds.items(), reverse=True)]
    return table


def summary_html(crystal: LayeredPerovskite) -> str:
    """Drawing, summary table and warnings as one HTML fragment; no drawing of a network without axes to see it along.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.
    """
    head = f"<b>{html.escape(crystal.source)}</b>" if crystal.source else ""
    body = "".join(
        f'<tr style="text-align:left"><th>{_dot(name)}{html.escape(name)}</th><td>{html.escape(value)}</td></tr>'
        for name, value in rows(crystal)
    )
    notes = "".join(f"<li>{html.escape(w)}</li>" for w in crystal.warnings)
    warned = f"<p>Warnings</p><ul>{notes}</ul>" if notes else ""
    drawing = svg(crystal) if crystal.framed else ""
    return (
        f'<div style="display:flex;gap:1.5em;align-items:flex-start">{drawing}'
        f"<div>{head}<table>{body}</table>{warned}</div></div>"
    )


def _dot(name: str) -> str:
    """Colour in the drawing, for the lines of the table that stand for molecules."""
    return f'<span style="color:{_COLOURS[name]}">●</span> ' if name in _COLOURS else ""
