"""Angles M-X-M at the shared halides, and the distances between the metals that they join."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.descriptors._stats import angle_between, cross, largest, mean, smallest
from perovex.descriptors.registry import computes, describe_as
from perovex.descriptors.sources import JANA, KNUTSON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.model import LayeredPerovskite
    from perovex.descriptors.registry import Descriptor

    Array = NDArray[np.float64]

__all__ = ["bridge_angles", "deviation_in_plane", "deviation_out_of_plane"]


def bridge_angles(vectors: Array) -> Array:
    """Angle M-X-M at each shared halide.

    Parameters
    ----------
    vectors : ndarray, shape (b, 2, 3)
        From the halide to each of its two metals, Å.

    Returns
    -------
    ndarray, shape (b,)
        Degrees.

    Examples
    --------
    >>> from perovex.descriptors.bridges import bridge_angles
    >>> bridge_angles(np.array([[[-3.0, 0.5, 0.0], [3.0, 0.5, 0.0]]])).round(3)
    array([161.075])
    """
    return angle_between(vectors[:, 0], vectors[:, 1])


def _projected_deviation(vectors: Array, direction: Array) -> Array:
    flat = vectors - (vectors @ direction[..., None]) * direction[..., None, :]
    return 180.0 - bridge_angles(flat)


def deviation_in_plane(vectors: Array, normal: Array) -> Array:
    """D_in: 180 degrees minus the angle M-X-M projected on the plane of the sheet.

    Parameters
    ----------
    vectors : ndarray, shape (b, 2, 3)
        From the halide to each of its two metals, Å.
    normal : ndarray, shape (3,)
        Unit normal of the sheet.

    Returns
    -------
    ndarray, shape (b,)
        Degrees.
    """
    return _projected_deviation(vectors, np.broadcast_to(normal, (len(vectors), 3)))


def deviation_out_of_plane(vectors: Array, normal: Array) -> Array:
    """D_out: 180 degrees minus the angle M-X-M projected on the plane of the M...M line and the normal.

    Parameters
    ----------
    vectors : ndarray, shape (b, 2, 3)
        From the halide to each of its two metals, Å.
    normal : ndarray, shape (3,)
        Unit normal of the sheet.

    Returns
    -------
    ndarray, shape (b,)
        Degrees.
    """
    across = cross(normal, vectors[:, 1] - vectors[:, 0])
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    return _projected_deviation(vectors, across)


def _angle_statistics(where: str, title: str, which: str, needs: str) -> list[Descriptor]:
    """Declare mean, min, max and spread of one kind of bridging angle."""
    stem = f"bridge_angle_{where}" if where else "bridge_angle"
    return [
        describe_as(
            f"{stem}_mean", "deg", f"{title}M-X-M angle", f"Mean angle M-X-M at {which}.", source=JANA, needs=needs
        ),
        describe_as(
            f"{stem}_min",
            "deg",
            f"smallest {title}M-X-M angle",
            f"Smallest angle M-X-M at {which}.",
            source=JANA,
            needs=needs,
        ),
        describe_as(
            f"{stem}_max",
            "deg",
            f"largest {title}M-X-M angle",
            f"Largest angle M-X-M at {which}.",
            source=JANA,
            needs=needs,
        ),
        describe_as(
            f"{stem}_spread",
            "deg",
            f"spread of the {title}M-X-M angle",
            f"Largest minus smallest angle M-X-M at {which}.",
            source=JANA,
            needs=needs,
        ),
    ]


@computes(
    "bridges",
    *_angle_statistics("", "", "halides shared by two metals", "bridges"),
    *_angle_statistics("equatorial", "equatorial ", "halides shared by two metals of one sheet", "frame"),
    *_angle_statistics("axial", "axial ", "halides shared by metals of successive sheets", "axial bridges"),
    describe_as(
        "bridge_deviation_in_mean",
        "deg",
        "D_in",
        "Mean over equatorial bridges of 180° minus the angle M-X-M projected on the plane of the sheet.",
        needs="frame",
        source=KNUTSON,
    ),
    describe_as(
        "bridge_deviation_in_max",
        "deg",
        "largest D_in",
        "Largest 180° minus the angle M-X-M projected on the plane of the sheet.",
        needs="frame",
        source=KNUTSON,
    ),
    describe_as(
        "bridge_deviation_out_mean",
        "deg",
        "D_out",
        "Mean over equatorial bridges of 180° minus the angle M-X-M projected on the plane that holds the"
        " M...M"
        " line and the normal.",
        needs="frame",
        source=KNUTSON,
    ),
    describe_as(
        "bridge_deviation_out_max",
        "deg",
        "largest D_out",
        "Largest 180° minus the angle M-X-M projected on the plane that holds the M...M line and the normal.",
        needs="frame",
        source=KNUTSON,
    ),
    describe_as(
        "metal_distance_equatorial_mean",
        "Å",
        "in-plane M...M distance",
        "Mean distance of metals that share an equatorial halide.",
        needs="frame",
        source=KNUTSON,
    ),
    describe_as(
        "metal_distance_axial_mean",
        "Å",
        "out-of-plane M...M distance",
        "Mean distance of metals that share an axial halide.",
        needs="axial bridges",
        source=KNUTSON,
    ),
)
def bridges(crystal: LayeredPerovskite) -> dict[str, float]:
    """Compute the descriptors of the bridges family.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    dict of str to float
        One value per key.
    """
    vectors, axial = crystal.bridges.vectors, crystal.bridges.axial
    angles = bridge_angles(vectors)
    distances = np.linalg.norm(vectors[:, 1] - vectors[:, 0], axis=1)
    values: dict[str, float] = {}
    for stem, chosen in (
        ("bridge_angle", angles),
        ("bridge_angle_equatorial", angles[~axial]),
        ("bridge_angle_axial", angles[axial]),
    ):
        low, high = smallest(chosen), largest(chosen)
        values |= {
            f"{stem}_mean": mean(chosen),
            f"{stem}_min": low,
            f"{stem}_max": high,
            f"{stem}_spread": high - low,
        }
    inward = deviation_in_plane(vectors[~axial], crystal.normal)
    outward = deviation_out_of_plane(vectors[~axial], crystal.normal)
    return values | {
        "bridge_deviation_in_mean": mean(inward),
        "bridge_deviation_in_max": largest(inward),
        "bridge_deviation_out_mean": mean(outward),
        "bridge_deviation_out_max": largest(outward),
        "metal_distance_equatorial_mean": mean(distances[~axial]),
        "metal_distance_axial_mean": mean(distances[axial]),
    }
