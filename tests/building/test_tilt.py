"""Octahedra that tilt by Glazer's patterns."""

import numpy as np
import pytest

from perovex.building import tilt, tilt_patterns
from perovex.crystal import perceive
from perovex.crystal.examples import cubic, layered
from perovex.errors import BuildError


@pytest.mark.parametrize(("pattern", "group"), [("--+", "Pnma"), ("00-", "I4/mcm"), ("00+", "P4/mbm")])
def test_tilt_patterns_have_their_space_groups(pattern, group):
    """Caesium stays in the middle, where straight octahedra have it: the groups of Glazer's table."""
    import spglib

    cell = cubic("Pb", "I", "Cs") * ((1, 1, 0), (1, -1, 0), (0, 0, 2))
    crystal = perceive(cell)
    axes = np.vstack([crystal.in_plane_axes, crystal.normal])
    up = int(np.abs(axes[:, 2]).argmax())  # the doubled axis, which alone can hold a plus
    signs = [*pattern[:2]]
    signs.insert(up, pattern[2])
    atoms = tilt(cell, "".join(signs)).to_ase_atoms()
    found = spglib.get_symmetry_dataset((atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers), 0.02)
    assert found.international == group


def test_patterns_that_a_cell_cannot_hold_are_refused():
    doubled = cubic("Pb", "I", "Cs") * ((1, 1, 0), (1, -1, 0), (0, 0, 2))
    held = tilt_patterns(doubled)
    assert "+++" not in held
    assert "---" in held
    with pytest.raises(BuildError, match="cannot hold"):
        tilt(doubled, "+++")
    with pytest.raises(BuildError, match="no tilt pattern"):
        tilt(doubled, "a-b")


def test_tilted_sheets_bend_their_bridges():
    straight = perceive(layered(n=1, spacer="Cs"))
    for pattern in tilt_patterns(straight):
        bent = perceive(tilt(straight, pattern, angle=12))
        v = bent.bridges.vectors
        cosines = (v[:, 0] * v[:, 1]).sum(axis=1) / np.linalg.norm(v, axis=2).prod(axis=1)
        assert np.degrees(np.arccos(np.clip(cosines, -1, 1))).min() < 170
