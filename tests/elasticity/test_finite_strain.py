"""Tensors against finite strain: of a model potential here and now, of the potential of the labels as measured."""

import json
from pathlib import Path

import numpy as np
import pytest
from ase.calculators.emt import EMT
from pymatgen.io.ase import AseAtomsAdaptor

from perovex.datasets import load_elastic
from perovex.elasticity.potentials.by_name import make_calculator
from perovex.elasticity.relaxation.model_hessian import model_hessian
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings, RelaxState, relax
from perovex.elasticity.response.finite_strain import finite_strain_columns
from perovex.elasticity.surface import Surface, length_scale
from perovex.errors import LabelError

MEASURED = json.loads((Path(__file__).parents[1] / "data" / "finite_strain_tensors.json").read_text())


def test_columns_are_those_of_the_linear_response(alloy_label):
    C = np.array(alloy_label.record["C_GPa"])
    asked = [5, 0]
    columns = list(finite_strain_columns(alloy_label.atoms, EMT(), asked, amplitude=1e-3, fmax=1e-5))
    assert [made.strain for made in columns] == asked
    for made in columns:
        assert abs(made.column - C[:, made.strain]).max() < 0.01 * abs(C).max()
        assert made.moved > 1e-5, "the crystal must test internal relaxation"
        assert made.calls >= 4


def test_cell_is_held_while_ions_relax(alloy):
    moved = alloy.copy()
    moved.rattle(0.05, seed=2)
    surface = Surface(moved, EMT())
    point = surface.evaluate(moved.positions, moved.cell[:])
    hessian = model_hessian(moved, length_scale(point))
    hessian[:-6, -6:] = hessian[-6:, :-6] = 0.0
    start = RelaxState(point, hessian, length_scale(point), radius=0.1)
    rested = relax(surface, start, RelaxSettings(fmax=1e-4, smax=np.inf), fixed_cell=True)
    assert rested.converged
    assert point.max_force > 0.1
    assert rested.point.max_force < 1e-4
    assert rested.point.max_stress > 0.1, "the cell must have a reason to move"
    np.testing.assert_array_equal(rested.point.cell, moved.cell[:])


def test_ions_that_do_not_come_to_rest_are_a_typed_error(alloy):
    with pytest.raises(LabelError, match="not at rest"):
        list(finite_strain_columns(alloy, EMT(), [0], max_steps=1))


@pytest.mark.parametrize("crystal", MEASURED["C_GPa"])
def test_released_tensor_is_that_of_finite_strain(crystal):
    data = load_elastic(minima="all")
    if crystal not in data.table.index:  # left out since, because a lower minimum of its compound is known
        data = load_elastic(version="0.8", minima="all")
    assert MEASURED["potential"] == data.potential
    released, measured = data.tensors[crystal], np.array(MEASURED["C_GPa"][crystal])
    assert abs(released - measured).max() < 0.02 * abs(measured).max()


@pytest.mark.slow
@pytest.mark.labels
def test_finite_strain_of_a_hybrid_crystal_with_the_potential_of_the_labels(elastic_data):
    pytest.importorskip("sevenn")
    pytest.importorskip("dftd3")
    atoms = AseAtomsAdaptor.get_atoms(elastic_data.structures["MAPbBr3_cubic"])
    (made,) = finite_strain_columns(atoms, make_calculator(elastic_data.potential), [3])
    C = elastic_data.tensors["MAPbBr3_cubic"]
    assert made.moved > 1e-3
    assert abs(made.column - C[:, 3]).max() < 0.01 * abs(C).max()
