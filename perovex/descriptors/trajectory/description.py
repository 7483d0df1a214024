"""`describe_trajectory`: perceive once, follow all frames, and gather what a reader wants to know of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pymatgen.core import Structure

from perovex.crystal import LayeredPerovskite, perceive
from perovex.crystal.trajectory import Follower, Frame, iter_frames
from perovex.descriptors.registry import REGISTRY
from perovex.descriptors.trajectory.statistics import Running
from perovex.descriptors.trajectory.tilt_statistics import TiltStatistics
from perovex.errors import StructureFileError, UnknownDescriptorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from perovex.crystal.trajectory.follow import Broken
    from perovex.crystal.trajectory.frames import PathLike

FAMILIES = ("octahedra", "bridges", "tilts", "layers")
"""Families that follow from the places of the atoms alone, the bonds being those of the reference."""
CELL = ("a", "b", "c", "alpha", "beta", "gamma", "volume")
"""Columns of the cell: Å, deg, Å³."""
MOST_BROKEN = 1000
"""So many broken octahedra are listed; all are counted."""


@dataclass(frozen=True, eq=False)
class TrajectoryDescription:
    """What became of a crystal over the frames of a trajectory.

    Attributes
    ----------
    frames : DataFrame
        One row per frame, indexed by its number in the file: cell, descriptors, ``broken_octahedra``. Without rows if
        they were handed to a callback in place of being kept.
    summary : DataFrame
        One row per column of `frames`: ``mean``, ``std``, ``min``, ``max``, ``autocorrelation_time`` (frames) and
        ``standard_error`` of the mean.
    tilt_density : DataFrame
        1/deg, by angle and axis of rotation.
    tilt_correlation : DataFrame
        By axis of rotation, direction and shell of neighbours.
    broken : DataFrame
        Octahedra that were none: frame, octahedron, site of the metal, reason; the first thousand.
    average : Structure
        Time-averaged structure, drift removed; ``rms_displacement`` (Å) is a site property.
    reference : LayeredPerovskite
        The crystal as perceived.
    n_frames : int
        Frames that were read.
    """

    frames: pd.DataFrame
    summary: pd.DataFrame
    tilt_density: pd.DataFrame
    tilt_correlation: pd.DataFrame
    broken: pd.DataFrame
    average: Structure
    reference: LayeredPerovskite
    n_frames: int

    def __repr__(self) -> str:
        name = self.reference.formula
        return f"<TrajectoryDescription {name}: {self.n_frames} frames, {len(self.reference.octahedra)} octahedra>"


@dataclass
class _Average:
    """Mean cell and places of the atoms."""

    lattice: NDArray[np.float64] = field(default_factory=lambda: np.zeros((3, 3)))
    frac: Any = 0.0
    squares: Any = 0.0
    count: int = 0

    def add(self, frac: NDArray[np.float64], lattice: NDArray[np.float64]) -> None:
        """Take a frame, by Welford's recurrence on fractional coordinates."""
        self.count += 1
        self.lattice = self.lattice + (lattice - self.lattice) / self.count
        change = frac - self.frac
        self.frac = self.frac + change / self.count
        # covariance of each atom's coordinates, shape (n, 3, 3): lengths need the cell
        self.squares = self.squares + change[:, :, None] * (frac - self.frac)[:, None, :]

    def structure(self, symbols: Sequence[str]) -> Structure:
        """Build the averaged structure."""
        metric = self.lattice @ self.lattice.T
        spread = np.sqrt(np.maximum(np.einsum("nij,ij->n", self.squares, metric) / self.count, 0.0))
        return Structure(
            self.lattice, list(symbols), self.frac, site_properties={"rms_displacement": np.round(spread, 4).tolist()}
        )


def describe_trajectory(
    path: PathLike,
    *,
    reference: Any = None,
    families: Iterable[str] | str | None = None,
    types: Sequence[str] = (),
    lattice: NDArray[np.float64] | None = None,
    on_row: Callable[[int, dict[str, float]], None] | None = None,
    progress: bool = False,
) -> TrajectoryDescription:
    r"""Describe every frame of a trajectory, and the trajectory as a whole.

    Parameters
    ----------
    path : path
        See `perovex.crystal.trajectory.iter_frames`; ``run.extxyz@1000::10`` takes some of the frames.
    reference : path, Structure or LayeredPerovskite, optional
        From which octahedra, bonds and molecules are perceived, atoms in the order of the trajectory; by default the
        first frame taken. Needed for formats without elements (``.gro``, ``.xtc``, ``.dcd``).
    families : str or iterable of str, optional
        Of ``"octahedra"``, ``"bridges"``, ``"tilts"`` and ``"layers"``; all by default.
    types : sequence of str
        Elements of LAMMPS' atom types.
    lattice : ndarray, shape (3, 3), optional
        Cell of xyz files that name none, Å.
    on_row : callable, optional
        Called with number and row of each frame in place of keeping them: memory then does not grow with the frames.
    progress : bool, default=False
        Show a bar on stderr.

    Returns
    -------
    TrajectoryDescription

    Raises
    ------
    StructureFileError
        If the trajectory is damaged, holds no frame, or other atoms than the reference.
    PerceptionError
        If the reference is no perovskite.
    UnknownDescriptorError
        If a family does not follow a trajectory.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from perovex.crystal.examples import layered
    >>> crystal = layered(n=1, spacer="Cs")
    >>> cell = " ".join(map(str, crystal.lattice.matrix.ravel()))
    >>> lines = [str(len(crystal)), f'Lattice="{cell}" Properties=species:S:1:pos:R:3']
    >>> lines += [f"{site.specie} {site.x} {site.y} {site.z}" for site in crystal]
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "run.extxyz"
    >>> _ = file.write_text("\n".join(lines * 3) + "\n")
    >>> told = describe_trajectory(file)
    >>> told.n_frames, float(told.summary.loc["bond_length_mean", "mean"].round(3))
    (3, 3.15)
    """
    chosen = _families(families)
    frames = iter_frames(path, types=types, lattice=lattice)
    crystal, frames = _reference(reference, frames, path)
    follower, tilts, average = Follower(crystal), TiltStatistics(crystal), _Average()
    keys = [*CELL, *REGISTRY.keys_of(chosen), "broken_octahedra"]
    running, kept, numbers = Running(keys), [], []
    computes = REGISTRY.computes(chosen)
    broken: list[Broken] = []
    for frame in _with_bar(frames, progress=progress):
        frac = follower.place(frame)
        moved = follower.crystal(frac, frame.lattice)
        tilts.add(moved)
        average.add(frac - follower.drift, frame.lattice)
        wrong = follower.broken(moved, frame.number)
        broken += wrong[: MOST_BROKEN - len(broken)]
        computed: dict[str, float] = {**_cell(frame.lattice), "broken_octahedra": float(len(wrong))}
        with np.errstate(all="ignore"):  # an undefined value is NaN and no reason to warn
            for compute in computes:
                computed.update(compute(moved))
        values = {key: float(computed[key]) for key in keys}
        running.add(np.array(list(values.values())))
        if on_row is None:
            kept.append(list(values.values()))
            numbers.append(frame.number)
        else:
            on_row(frame.number, values)
    return TrajectoryDescription(
        frames=pd.DataFrame(kept, columns=keys, index=pd.Index(numbers, name="frame", dtype=int)),
        summary=running.table(),
        tilt_density=tilts.density(),
        tilt_correlation=tilts.correlation(),
        broken=pd.DataFrame([vars(item) for item in broken], columns=["frame", "octahedron", "site", "reason"]),
        average=average.structure(crystal.symbols),
        reference=crystal,
        n_frames=running.count,
    )


def _families(families: Iterable[str] | str | None) -> tuple[str, ...]:
    chosen = FAMILIES if families is None else REGISTRY.families(families)
    others = [name for name in chosen if name not in FAMILIES]
    if others:
        raise UnknownDescriptorError(
            f"these families do not follow a trajectory: {', '.join(others)}", remedy=f"choose of {', '.join(FAMILIES)}"
        )
    return tuple(chosen)


def _reference(reference: Any, frames: Iterator[Frame], path: PathLike) -> tuple[LayeredPerovskite, Iterator[Frame]]:
    """Perceive the reference, and put back the frame that was taken for it."""
    first = next(frames, None)
    if first is None:
        raise StructureFileError("no frame was selected", remedy="the file may be empty", source=path)
    if reference is None:
        if not first.symbols:
            raise StructureFileError(
                "this format names no elements", remedy="give a reference structure (--reference)", source=path
            )
        structure = Structure(first.lattice, list(first.symbols), first.positions, coords_are_cartesian=True)
        reference = perceive(structure, source=f"{path}, frame {first.number}")
    return perceive(reference), chain([first], frames)


def _with_bar(frames: Iterator[Frame], *, progress: bool) -> Iterator[Frame]:
    from perovex._progress import progress_bar

    yield from progress_bar(frames, unit="frame", desc="describe", shown=progress, dynamic_ncols=True)


def _cell(lattice: NDArray[np.float64]) -> dict[str, float]:
    """Lengths, angles and volume of a cell."""
    lengths = np.linalg.norm(lattice, axis=1)
    unit = lattice / lengths[:, None]
    cosines = [unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]]
    angles = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
    volume = abs(float(np.linalg.det(lattice)))
    return dict(zip(CELL, [*lengths.tolist(), *angles.tolist(), volume], strict=True))
