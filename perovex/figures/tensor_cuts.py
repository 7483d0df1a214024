"""Cuts and surfaces of every directional property of a tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.elasticity.properties.directional import compressibility, second_extremes, youngs
from perovex.elasticity.properties.waves import christoffel
from perovex.elasticity.voigt import plane_axes
from perovex.errors import ElasticityError
from perovex.figures.axes import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from perovex.elasticity.tensor import ElasticTensor

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Shown:
    """A directional property as it is drawn.

    Attributes
    ----------
    label : str
        With its unit.
    lines : tuple of str
        Names of what is drawn: one line, or smallest and largest over the second direction, or three modes.
    of_waves : bool
        Whether it is one of elastic waves, which need a density.
    """

    label: str
    lines: tuple[str, ...]
    of_waves: bool = False


PROPERTIES = {
    "youngs_modulus": Shown("Young's modulus (GPa)", ("",)),
    "linear_compressibility": Shown("linear compressibility (1/TPa)", ("",)),
    "shear_modulus": Shown("shear modulus (GPa)", ("smallest", "largest")),
    "poissons_ratio": Shown("Poisson's ratio", ("smallest", "largest")),
    "velocity": Shown("phase velocity (km/s)", ("slowest", "second", "fastest"), of_waves=True),
    "slowness": Shown("slowness (s/km)", ("slowest", "second", "fastest"), of_waves=True),
    "group_velocity": Shown("group velocity (km/s)", ("slowest", "second", "fastest"), of_waves=True),
}
"""What can be drawn."""


def shown_values(tensor: ElasticTensor, prop: str, directions: Array, density: float | None = None) -> Array:
    """Values of a property along directions, one column a line of `PROPERTIES`.

    Parameters
    ----------
    tensor : ElasticTensor
        Stable.
    prop : str
        Key of `PROPERTIES`.
    directions : ndarray, shape (k, 3)
        Unit vectors.
    density : float, optional
        g/cm³, for waves.

    Returns
    -------
    ndarray, shape (k, number of lines)

    Raises
    ------
    ElasticityError
        If the property is unknown, the crystal unstable, or waves lack a density.
    """
    if prop not in PROPERTIES:
        raise ElasticityError(f"no property is called {prop!r}", remedy=f"choose one of {', '.join(PROPERTIES)}")
    if not tensor.born_stable:
        raise ElasticityError("the crystal is unstable: its moduli have poles", remedy="check the tensor")
    S = tensor.compliance
    if PROPERTIES[prop].of_waves:
        if density is None:
            raise ElasticityError("waves need a density", remedy="give density in g/cm³")
        waves = christoffel(tensor, directions, density)
        speeds = {"velocity": waves.phase, "slowness": waves.slowness}
        return speeds[prop] if prop in speeds else np.linalg.norm(waves.group, axis=2)
    if prop == "youngs_modulus":
        return youngs(S, directions)[:, None]
    if prop == "linear_compressibility":
        return 1e3 * compressibility(S, directions)[:, None]
    low, high, _, _ = second_extremes(S, directions, "shear" if prop == "shear_modulus" else "poisson")
    return np.stack([low, high], axis=1)


def plot_cut(
    tensor: ElasticTensor,
    prop: str = "youngs_modulus",
    normal: ArrayLike = (0, 0, 1),
    ax: Axes | None = None,
    *,
    density: float | None = None,
    **line: Any,
) -> Axes:
    """Plot a property around a plane in polar axes.

    Parameters
    ----------
    tensor : ElasticTensor
        Stable, GPa.
    prop : str
        ``"youngs_modulus"``, ``"linear_compressibility"``, ``"shear_modulus"``, ``"poissons_ratio"`` (the last two
        with their smallest and largest value over the second direction), ``"velocity"``, ``"slowness"`` or
        ``"group_velocity"`` (three modes).
    normal : array_like, shape (3,)
        Of the plane; 0 degrees is the first vector of `plane_axes`.
    ax : polar Axes, optional
        Where to draw; a new figure if left out.
    density : float, optional
        g/cm³, for waves.
    **line
        Passed to ``Axes.plot``.

    Returns
    -------
    Axes
        The radius is the size of the value; where it is negative the line is dashed.

    Raises
    ------
    ElasticityError
        If `ax` is not polar, or the property cannot be drawn.

    Examples
    --------
    >>> from perovex.elasticity import ElasticTensor
    >>> C = np.diag([40.0, 40.0, 40.0, 8.0, 8.0, 8.0]) + np.kron([[1, 0], [0, 0]], 10 * (1 - np.eye(3)))
    >>> len(plot_cut(ElasticTensor(C), "shear_modulus").lines)
    2
    """
    from matplotlib.ticker import MaxNLocator

    ax = axes(ax, width=4.6, projection="polar")
    if ax.name != "polar":
        raise ElasticityError("the plot needs polar axes", remedy="subplot_kw={'projection': 'polar'}")
    first, second = plane_axes(normal)
    angle = np.linspace(0, 2 * np.pi, 361)
    values = shown_values(tensor, prop, np.outer(np.cos(angle), first) + np.outer(np.sin(angle), second), density)
    shown = PROPERTIES[prop]
    for name, column in zip(shown.lines, values.T, strict=True):
        negative = column < 0
        (drawn,) = ax.plot(angle, np.where(negative, np.nan, column), label=name or None, **line)
        if negative.any():
            ax.plot(angle, np.where(negative, -column, np.nan), color=drawn.get_color(), linestyle="--", linewidth=1)
    ax.set_ylim(0, 1.08 * float(np.nanmax(np.abs(values))))
    ax.set_xticks(np.arange(4) * np.pi / 2)
    ax.yaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
    ax.tick_params(pad=1)
    ax.set_title(shown.label)
    if len(shown.lines) > 1:
        ax.legend(loc="lower left", bbox_to_anchor=(-0.25, -0.12), fontsize="small", frameon=False)
    return ax


def sphere(points: int) -> tuple[Array, tuple[int, int]]:
    """Directions of a grid from pole to pole, shape (points * 2 points, 3), and the shape of the grid."""
    polar, around = np.meshgrid(np.linspace(0, np.pi, points), np.linspace(0, 2 * np.pi, 2 * points), indexing="ij")
    unit = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    return unit.reshape(-1, 3), polar.shape


def plot_property_surface(
    tensor: ElasticTensor,
    prop: str = "youngs_modulus",
    ax: Any = None,
    *,
    line: int = -1,
    density: float | None = None,
    points: int = 50,
    cmap: str = "viridis",
) -> Any:
    """Plot the surface of a property over all directions.

    Parameters
    ----------
    tensor : ElasticTensor
        Stable, GPa.
    prop : str
        As for `plot_cut`.
    ax : Axes3D, optional
        Where to draw; a new figure if left out.
    line : int, default=-1
        Which of the lines of the property: -1 the largest over the second direction or the fastest mode, 0 the
        smallest or slowest.
    density : float, optional
        g/cm³, for waves.
    points : int
        Grid lines from pole to pole; twice as many around.
    cmap : str
        Colours by value.

    Returns
    -------
    Axes3D
        The distance from the centre is the size of the value.

    Raises
    ------
    ElasticityError
        If `ax` is not three-dimensional, or the property cannot be drawn.
    """
    import matplotlib as mpl
    from matplotlib.ticker import MaxNLocator

    ax = axes(ax, width=5.0, projection="3d")
    if ax.name != "3d":
        raise ElasticityError("the plot needs three-dimensional axes", remedy="projection='3d'")
    unit, shape = sphere(points)
    values = shown_values(tensor, prop, unit, density)[:, line]
    x, y, z = (unit * np.abs(values)[:, None]).T.reshape(3, *shape)
    colours = mpl.cm.ScalarMappable(mpl.colors.Normalize(np.nanmin(values), np.nanmax(values)), cmap)
    look = {"rstride": 1, "cstride": 1, "shade": False, "linewidth": 0, "antialiased": False}
    ax.plot_surface(x, y, z, facecolors=colours.to_rgba(values.reshape(shape)), **look)
    reach = float(np.nanmax(np.abs(values)))
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
    for name, axis in zip("xyz", (ax.xaxis, ax.yaxis, ax.zaxis), strict=True):
        axis.set_major_locator(MaxNLocator(3, symmetric=True))
        axis.set_label_text(name, fontsize="small")
    ax.set_box_aspect((1, 1, 1))
    which = PROPERTIES[prop].lines[line]
    ax.set_title(f"{which} {PROPERTIES[prop].label}".strip())
    ax.figure.colorbar(colours, ax=ax, shrink=0.6, pad=0.08, ticks=MaxNLocator(4))
    return ax
