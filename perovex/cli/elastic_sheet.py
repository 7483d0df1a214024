"""What a crystal, or the user, tells about the sheet plane of a tensor, its density and its directions."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from pymatgen.core import Structure

    from perovex.elasticity import Substance


@dataclass(frozen=True)
class Sheet:
    """What is known of the surroundings of a tensor.

    Attributes
    ----------
    structure : Structure or None
    normal : ndarray, shape (3,) or (3, 3), or None
        Of the sheets; the pseudo-cubic axes of a 3D network as rows.
    thickness : float or None
        Stacking period per slab, Å.
    directions : dict of str to ndarray
        Named directions; empty where no crystal is known.
    """

    structure: Structure | None = None
    normal: np.ndarray | None = None
    thickness: float | None = None
    directions: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def layered(self) -> bool:
        """Whether there is one normal."""
        return self.normal is not None and self.normal.ndim == 1


def sheet_of(path: Path) -> Sheet:
    """Perceive a crystal and return its sheet plane."""
    import numpy as np

    from perovex.crystal import perceive
    from perovex.datasets.collect import sheet_normal

    crystal = perceive(path)
    period = crystal.repeat_height / len(crystal.slabs) if crystal.slabs else None
    normal = np.asarray(sheet_normal(crystal))
    axes = [*crystal.in_plane_axes, crystal.normal] if normal.ndim == 1 else list(normal)
    names = ("in plane, a", "in plane, b", "normal") if normal.ndim == 1 else ("axis 1", "axis 2", "axis 3")
    return Sheet(crystal.structure, normal, period, dict(zip(names, axes, strict=True)))


def sheet_along(normal: np.ndarray) -> Sheet:
    """Return the sheet plane that a user named by its normal."""
    from perovex.elasticity.voigt import frame_along

    axes = frame_along(normal)
    return Sheet(normal=axes[2], directions=dict(zip(("in plane, 1", "in plane, 2", "normal"), axes, strict=True)))


def numbers_of(text: str, counts: Sequence[int], option: str) -> np.ndarray:
    """Read numbers apart by commas or blanks.

    Parameters
    ----------
    text : str
    counts : sequence of int
        How many there may be.
    option : str
        Option that they were given to.

    Raises
    ------
    ElasticityError
        If there are others or something else.
    """
    import numpy as np

    fields = [part for part in re.split(r"[,;\s]+", text.strip().strip("[]()")) if part]
    try:
        values = np.array([float(part) for part in fields])
    except ValueError:
        values = np.array([math.nan])
    if len(values) not in counts or not np.isfinite(values).all():
        example = ",".join(["0"] * (counts[0] - 1) + ["1"])
        raise ElasticityError(
            f"{option} {text!r:.60} is not {' or '.join(map(str, counts))} numbers", remedy=f"such as {example}"
        )
    return values


def substance_of(known: Substance | None, density: float | None, formula: str | None) -> Substance | None:
    """Density and mean mass of an atom, what the user says before what the file or crystal says.

    Raises
    ------
    ElasticityError
        If the formula is none.
    """
    from perovex.elasticity import Substance

    if density is None:
        return known
    mass = math.nan if known is None else known.mean_mass
    if formula is not None:
        from pymatgen.core import Composition

        try:
            composition = Composition(formula)
            mass = float(composition.weight / composition.num_atoms)
        except (ValueError, TypeError, KeyError, ZeroDivisionError) as error:
            raise ElasticityError(f"{formula!r:.60} is no formula", remedy="such as Cs2AgBiBr6") from error
    return Substance(density, mass)
