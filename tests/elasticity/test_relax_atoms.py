"""A crystal relaxed by a potential whose minimum is known."""

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT

from perovex.elasticity.relaxation.relax_atoms import relax_atoms


def test_a_strained_metal_finds_its_cell_again_and_is_left_alone_itself():
    strained = bulk("Cu", cubic=True)
    strained.set_cell(strained.cell[:] * [[1.03], [0.98], [1.0]], scale_atoms=True)
    before = strained.positions.copy()
    relaxed, record = relax_atoms(strained, EMT(), random_state=1)
    assert record["converged"]
    assert relaxed.cell.lengths() == pytest.approx(3.5898, abs=0.01)
    assert relaxed.calc is None
    assert np.array_equal(strained.positions, before)
