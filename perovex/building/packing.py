"""Trial placements of cations: heads in halide pockets, neighbours related by symmetry, gap closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial.transform import Rotation

from perovex.building.lengths import vdw_radius
from perovex.building.settle import Assembly

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from perovex.building.cation import Cation
    from perovex.building.frame import SlabFrame

#: Depth of the ammonium nitrogen below the terminal halide plane at the start, Å; settling finds the rest.
PENETRATION: Final = 0.4
#: Contacts at this fraction of the sum of van der Waals radii stop the first closing of the gap.
FIRST_CONTACT: Final = 0.72
#: Largest lean of a monoammonium cation from the normal in a trial, degrees.
LEAN: Final = 55.0


def _axes(frame: SlabFrame) -> NDArray[np.float64]:
    """Orthonormal axes: along the in-plane diagonal, across it, and the normal."""
    first = frame.metal_vectors.sum(axis=0)
    first = first / np.linalg.norm(first)
    normal = np.array([0.0, 0.0, 1.0])
    return np.array([first, np.cross(normal, first), normal])


def _operation(frame: SlabFrame, signs: tuple[int, int, int]) -> NDArray[np.float64]:
    """Diagonal operation in the axes of the sheet: mirror, twofold rotation or inversion."""
    axes = _axes(frame)
    return np.asarray(axes.T @ np.diag(signs) @ axes, dtype=float)


def _side_relations(chiral: bool) -> list[tuple[int, int, int]]:
    """How the cation in the next pocket of the same side may be related to the first."""
    proper = [(1, 1, 1), (-1, -1, 1)]
    return proper if chiral else [*proper, (1, -1, 1), (-1, 1, 1)]


def _face_relations(chiral: bool) -> list[tuple[int, int, int]]:
    """How the cations of the lower side may be related to those of the upper."""
    proper = [(1, -1, -1), (-1, 1, -1)]
    return proper if chiral else [(-1, -1, -1), (-1, -1, -1), *proper]


def _align(vector: NDArray[np.float64], target: NDArray[np.float64]) -> Rotation:
    """Shortest rotation of `vector` onto `target`."""
    rotation, _ = Rotation.align_vectors([target], [vector])
    return rotation


def _standing(cation: Cation, conformer: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Stand a monoammonium cation on its head at the origin, with random spin and lean."""
    head = cation.heads[0]
    body = conformer - conformer[head]
    heavy = [k for k, s in enumerate(cation.symbols) if s != "H" and k != head]
    if heavy:
        body = _align(body[heavy].mean(axis=0), np.array([0.0, 0.0, 1.0])).apply(body)
    spin, azimuth = rng.uniform(0, 2 * np.pi, 2)
    lean = np.radians(LEAN) * np.sqrt(rng.uniform())
    turn = Rotation.from_euler("z", azimuth) * Rotation.from_euler("y", lean) * Rotation.from_euler("z", spin)
    return np.asarray(turn.apply(body))


def place_monoammonium(
    frame: SlabFrame, cation: Cation, shift: tuple[float, float], rng: np.random.Generator
) -> tuple[list[NDArray[np.float64]], float]:
    """Two-sided decoration of a slab by monoammonium cations, and the gap at first contact.

    Parameters
    ----------
    frame : SlabFrame
        The slab.
    cation : Cation
        Singly charged.
    shift : tuple of float
        Fractional in-plane offset of successive slabs.
    rng : numpy.random.Generator
        Draws conformer, spin, lean and symmetry.

    Returns
    -------
    positions : list of ndarray
        Coordinates of each cation: upper side, then lower side.
    gap : float
        Distance of facing halide planes, Å.
    """
    conformer = cation.conformers[min(rng.geometric(0.6) - 1, len(cation.conformers) - 1)]
    body = _standing(cation, conformer, rng) - [0.0, 0.0, PENETRATION]
    side = _side_relations(cation.chiral)
    next_to = _operation(frame, side[rng.integers(len(side))])
    face = _face_relations(cation.chiral)
    below = _operation(frame, face[rng.integers(len(face))])
    bodies = [body, body @ next_to.T]
    upper = [pocket + bodies[s] for pocket, s in zip(frame.top_pockets, frame.parity, strict=True)]
    lower = [pocket + bodies[s] @ below.T for pocket, s in zip(frame.bottom_pockets, frame.parity, strict=True)]
    return [*upper, *lower], closing_gap(frame, cation, upper, lower, shift)


def closing_gap(
    frame: SlabFrame,
    cation: Cation,
    upper: list[NDArray[np.float64]],
    lower: list[NDArray[np.float64]],
    shift: tuple[float, float],
) -> float:
    """Gap at which two decorated slabs first touch when the upper one sinks, Å.

    Two atoms at lateral distance rho touch at a height difference of sqrt(sigma² - rho²); the largest gap so
    demanded by any pair stops the closing.
    """
    low = np.concatenate([frame.coordinates, *upper])
    high = np.concatenate([frame.coordinates, *lower]) + frame.stacking_vector(0.0, shift)
    low_radius = _radii((*frame.symbols, *(cation.symbols * len(upper))))
    high_radius = _radii((*frame.symbols, *(cation.symbols * len(lower))))
    near_low = low[:, 2] > frame.top_pockets[0, 2] - 1.0
    near_high = high[:, 2] < high[: len(frame.symbols), 2].min() + 1.0
    low, low_radius = low[near_low], low_radius[near_low]
    high, high_radius = high[near_high], high_radius[near_high]
    sigma = FIRST_CONTACT * (low_radius[:, None] + high_radius[None, :])
    gap = -np.inf
    span = range(-3, 4)
    for i in span:
        for j in span:
            image = high + i * frame.in_plane[0] + j * frame.in_plane[1]
            lateral = ((low[:, None, :2] - image[None, :, :2]) ** 2).sum(axis=-1)
            touching = sigma**2 - lateral
            rise = low[:, None, 2] - image[None, :, 2] + np.sqrt(np.maximum(touching, 0.0))
            if (touching > 0).any():
                gap = max(gap, float(rise[touching > 0].max()))
    return gap


def place_diammonium(
    frame: SlabFrame, cation: Cation, shift: tuple[float, float], rng: np.random.Generator
) -> tuple[list[NDArray[np.float64]], float]:
    """Diammonium cations bridging two slabs, and the gap that their heads ask for.

    Parameters and returns are those of `place_monoammonium`.
    """
    conformer = cation.conformers[min(rng.geometric(0.6) - 1, len(cation.conformers) - 1)]
    heads = list(cation.heads)
    if rng.uniform() < 0.5:
        heads.reverse()
    body = conformer - conformer[heads[0]]
    span = body[heads[1]]
    lateral = np.asarray(shift) @ frame.metal_vectors
    height = np.sqrt(max(span @ span - lateral @ lateral, (0.6 * np.linalg.norm(span)) ** 2))
    target = np.array([lateral[0], lateral[1], height])
    body = _align(span, target).apply(body)
    body = Rotation.from_rotvec(rng.uniform(0, 2 * np.pi) * target / np.linalg.norm(target)).apply(body)
    side = _side_relations(cation.chiral)
    other = body @ _operation(frame, side[rng.integers(len(side))]).T
    if rng.uniform() < 0.5:  # the neighbour upside down
        face = _face_relations(cation.chiral)
        other = (body - body[heads[1]]) @ _operation(frame, face[rng.integers(len(face))]).T
    bodies = [body, other]
    lower_head = np.array([0.0, 0.0, -PENETRATION])
    positions = [pocket + lower_head + bodies[s] for pocket, s in zip(frame.top_pockets, frame.parity, strict=True)]
    return positions, float(height - 2 * PENETRATION)


def place_cages(frame: SlabFrame, cation: Cation, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """Cage cations at the centres of the cages, randomly turned."""
    return [
        centre + Rotation.random(rng=rng).apply(cation.conformers[0] - _heavy_centre(cation)) for centre in frame.cages
    ]


def _heavy_centre(cation: Cation) -> NDArray[np.float64]:
    heavy = [k for k, s in enumerate(cation.symbols) if s != "H"]
    return np.asarray(cation.conformers[0][heavy].mean(axis=0))


def trial(
    frame: SlabFrame,
    spacer: Cation,
    cage: Cation | None,
    shift: tuple[float, float],
    rng: np.random.Generator,
) -> Assembly:
    """One trial arrangement, overlaps allowed, ready to settle."""
    place = place_monoammonium if spacer.charge == 1 else place_diammonium
    positions, gap = place(frame, spacer, shift, rng)
    cations = [spacer] * len(positions)
    if cage is not None:
        inside = place_cages(frame, cage, rng)
        positions, cations = [*positions, *inside], [*cations, *([cage] * len(inside))]
    count = len(frame.symbols) + sum(len(p) for p in positions)
    return Assembly(
        frame_symbols=frame.symbols,
        frame=frame.coordinates,
        cell=np.vstack([frame.in_plane, frame.stacking_vector(gap, shift)]),
        normal=np.array([0.0, 0.0, 1.0]),
        cations=tuple(cations),
        positions=tuple(positions),
        lift=np.zeros((count, 1)),
    )


def _radii(symbols: Iterable[str]) -> NDArray[np.float64]:
    """Van der Waals radii, Å."""
    return np.array([vdw_radius(symbol) for symbol in symbols])
