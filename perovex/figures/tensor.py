"""Pictures of Young's modulus: around the sheet plane and as a surface over all directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from perovex.elasticity.voigt import plane_axes
from perovex.errors import ElasticityError
from perovex.figures.axes import axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.projections.polar import PolarAxes
    from numpy.typing import ArrayLike

    from perovex.elasticity.tensor import ElasticTensor


def plot_in_plane(
    tensor: ElasticTensor, normal: ArrayLike, ax: Axes | None = None, *, zero: ArrayLike | None = None, **line: Any
) -> Axes:
    """Plot Young's modulus over the directions of the sheet plane, with its mean as a dashed circle.

    Parameters
    ----------
    tensor : ElasticTensor
        In GPa.
    normal : array_like, shape (3,)
        Normal of the sheets, Cartesian.
    ax : polar Axes, optional
        Where to draw; a new figure if left out.
    zero : array_like, shape (3,), optional
        Direction whose projection on the plane is at 0 degrees; default the first vector of `plane_axes`.
    **line
        Passed to ``Axes.plot``.

    Returns
    -------
    Axes
        The radius is in GPa; angles count right-handedly about the normal.

    Raises
    ------
    ElasticityError
        If `ax` is not polar, or `zero` lies along the normal.
    """
    from matplotlib.ticker import MaxNLocator

    ax = axes(ax, width=4.6, projection="polar")
    if ax.name != "polar":
        raise ElasticityError("the plot needs polar axes", remedy="subplot_kw={'projection': 'polar'}")
    first, second = plane_axes(normal) if zero is None else _axes_from(normal, zero)
    angle = np.linspace(0, 2 * np.pi, 361)
    modulus = tensor.youngs_modulus(np.outer(np.cos(angle), first) + np.outer(np.sin(angle), second))
    (drawn,) = ax.plot(angle, modulus, **line)
    mean = np.full_like(angle, modulus[:-1].mean())
    ax.plot(angle, mean, color=drawn.get_color(), linestyle="--", linewidth=0.8)
    ax.set_ylim(0, max(1.08 * float(modulus.max()), ax.get_ylim()[1] if len(ax.lines) > 2 else 0.0))
    ax.set_xticks(np.arange(4) * np.pi / 2)
    ax.yaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
    cast("PolarAxes", ax).set_rlabel_position(67.5)
    ax.tick_params(pad=1)
    ax.set_title("E in plane (GPa)")
    return ax


def _axes_from(normal: ArrayLike, zero: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal axes of a plane, the first along the projection of `zero`."""
    n, direction = np.asarray(normal, float), np.asarray(zero, float)
    n = n / np.linalg.norm(n)
    first = direction - n * (n @ direction)
    length = np.linalg.norm(first)
    if length < 1e-6 * np.linalg.norm(direction):
        raise ElasticityError("the direction of 0 degrees lies along the normal", remedy="give one in the plane")
    return first / length, np.cross(n, first / length)


def plot_surface(
    tensor: ElasticTensor,
    ax: Any = None,
    *,
    normal: ArrayLike | None = None,
    points: int = 60,
    cmap: str = "viridis",
    colorbar: bool = True,
    **surface: Any,
) -> Any:
    """Plot the surface E(u) u over all directions u.

    Parameters
    ----------
    tensor : ElasticTensor
        In GPa.
    ax : Axes3D, optional
        Where to draw; a new figure if left out.
    normal : array_like, shape (3,), optional
        Normal of the sheets, Cartesian; marked by a line named n.
    points : int
        Grid lines from pole to pole; twice as many around.
    cmap : str
        Colours by modulus.
    colorbar : bool
        Whether to draw one.
    **surface
        Passed to ``Axes3D.plot_surface``.

    Returns
    -------
    Axes3D
        Axes in GPa along the Cartesian axes of the tensor's frame, all three to the same scale.

    Raises
    ------
    ElasticityError
        If `ax` is not three-dimensional.
    """
    import matplotlib as mpl
    from matplotlib.ticker import MaxNLocator

    ax = axes(ax, width=5.0, projection="3d")
    if ax.name != "3d":
        raise ElasticityError("the plot needs three-dimensional axes", remedy="projection='3d'")
    polar, around = np.meshgrid(np.linspace(0, np.pi, points), np.linspace(0, 2 * np.pi, 2 * points), indexing="ij")
    unit = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    modulus = np.reshape(tensor.youngs_modulus(unit.reshape(-1, 3)), polar.shape)
    x, y, z = np.moveaxis(unit * modulus[..., None], -1, 0)
    colours = mpl.cm.ScalarMappable(mpl.colors.Normalize(modulus.min(), modulus.max()), cmap)
    look = {"rstride": 1, "cstride": 1, "shade": False, "linewidth": 0, "antialiased": False} | surface
    ax.plot_surface(x, y, z, facecolors=colours.to_rgba(modulus), **look)
    reach = float(modulus.max())
    if normal is not None:
        n = np.asarray(normal, float) / np.linalg.norm(np.asarray(normal, float))
        for sign in (1, -1):  # from the surface outwards; matplotlib would draw an inner part over the surface
            line = np.outer(sign * n, [tensor.youngs_modulus(n), 1.25 * reach])
            ax.plot(*line, color="black", linewidth=1.2, solid_capstyle="butt")
        ax.text(*(1.4 * reach * n), "n", ha="center", va="center")
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
    for name, axis in zip("xyz", (ax.xaxis, ax.yaxis, ax.zaxis), strict=True):
        axis.set_major_locator(MaxNLocator(3, symmetric=True))
        axis.set_tick_params(pad=-2)
        axis.set_label_text(f"{name} (GPa)", fontsize="small")
        axis.labelpad = -6
    ax.set_box_aspect((1, 1, 1))
    ax.set_title("E (GPa)")
    if colorbar:
        ax.figure.colorbar(colours, ax=ax, shrink=0.6, pad=0.08, ticks=MaxNLocator(4))
    return ax
