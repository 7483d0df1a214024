"""Pictures of Young's modulus: around the sheet plane and as a surface over all directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.elasticity.tensor import ElasticTensor, plane_axes
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def plot_in_plane(tensor: ElasticTensor, normal: ArrayLike, ax: Axes | None = None, **line: Any) -> Axes:
    """Plot Young's modulus over the directions of the sheet plane.

    Parameters
    ----------
    tensor : ElasticTensor
        In GPa.
    normal : array_like, shape (3,)
        Normal of the sheets, Cartesian.
    ax : polar Axes, optional
        Where to draw; a new figure if left out.
    **line
        Passed to ``Axes.plot``.

    Returns
    -------
    Axes
        Angles count from the first vector of `plane_axes`, radius is in GPa.

    Raises
    ------
    ElasticityError
        If `ax` is not polar.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure().add_subplot(projection="polar")
    if ax.name != "polar":
        raise ElasticityError("the plot needs polar axes", remedy="subplot_kw={'projection': 'polar'}")
    first, second = plane_axes(normal)
    angle = np.linspace(0, 2 * np.pi, 361)
    modulus = tensor.youngs_modulus(np.outer(np.cos(angle), first) + np.outer(np.sin(angle), second))
    ax.plot(angle, modulus, **line)
    ax.set_ylim(bottom=0)
    ax.set_title("Young's modulus in the sheet plane (GPa)")
    return ax


def plot_surface(
    tensor: ElasticTensor, ax: Any = None, *, points: int = 60, cmap: str = "viridis", **surface: Any
) -> Any:
    """Plot the surface E(u) u over all directions u.

    Parameters
    ----------
    tensor : ElasticTensor
        In GPa.
    ax : Axes3D, optional
        Where to draw; a new figure if left out.
    points : int
        Grid lines from pole to pole; twice as many around.
    cmap : str
        Colours by modulus.
    **surface
        Passed to ``Axes3D.plot_surface``.

    Returns
    -------
    Axes3D
        Axes in GPa along the Cartesian axes of the tensor's frame.

    Raises
    ------
    ElasticityError
        If `ax` is not three-dimensional.
    """
    import matplotlib as mpl

    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure().add_subplot(projection="3d")
    if ax.name != "3d":
        raise ElasticityError("the plot needs three-dimensional axes", remedy="projection='3d'")
    polar, around = np.meshgrid(np.linspace(0, np.pi, points), np.linspace(0, 2 * np.pi, 2 * points), indexing="ij")
    unit = np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    modulus = np.reshape(tensor.youngs_modulus(unit.reshape(-1, 3)), polar.shape)
    x, y, z = np.moveaxis(unit * modulus[..., None], -1, 0)
    shade = (modulus - modulus.min()) / max(float(np.ptp(modulus)), 1e-9)
    ax.plot_surface(x, y, z, facecolors=mpl.colormaps[cmap](shade), rstride=1, cstride=1, shade=False, **surface)
    reach = float(modulus.max())
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
    ax.set(xlabel="x (GPa)", ylabel="y (GPa)", zlabel="z (GPa)", title="Young's modulus (GPa)")
    ax.set_box_aspect((1, 1, 1))
    return ax
