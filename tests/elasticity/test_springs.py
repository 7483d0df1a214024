"""Springs of the model Hessian: kinds of pairs, their curvatures, and the Hessian that they make."""

import numpy as np
import pytest
from ase import Atoms

from perovex.elasticity.relaxation.model_hessian import CELL_FLOOR, FLOOR, model_hessian, spring_hessian
from perovex.elasticity.relaxation.springs import SPRINGS, STIFFEST, STIFFEST_CONTACT, Pairs, classify_pairs, curvature
from perovex.elasticity.surface import strain_matrix

METHYLAMMONIUM = [
    ((0.4, 0.5, 0.5), "C"),
    ((0.31, 0.68, 0.5), "H"),
    ((0.31, 0.41, 0.65), "H"),
    ((0.31, 0.41, 0.35), "H"),
    ((0.655, 0.5, 0.5), "N"),
    ((0.72, 0.66, 0.5), "H"),
    ((0.72, 0.42, 0.63), "H"),
    ((0.72, 0.42, 0.37), "H"),
]
FRAMEWORK = [((0, 0, 0), "Pb"), ((0.5, 0, 0), "Cl"), ((0, 0.5, 0), "Cl"), ((0, 0, 0.5), "Cl")]


@pytest.fixture
def cubic():
    places, symbols = zip(*FRAMEWORK, *METHYLAMMONIUM, strict=True)
    return Atoms(list(symbols), scaled_positions=places, cell=[5.7] * 3, pbc=True)


def counts(atoms):
    return dict(zip(*np.unique(classify_pairs(atoms).kind, return_counts=True), strict=True))


def test_kinds_of_pairs(cubic):
    kinds = counts(cubic)
    assert kinds["metal-halide"] == 6
    assert kinds["bond"] == 1
    assert kinds["bond-H"] == kinds["bond-NH"] == 3
    assert kinds["1-3-H"] == kinds["1-3-HH"] == 6
    assert kinds["1-4-HH"] == 9
    assert kinds["halide-metal-halide"] == 12  # cis; the trans pairs are farther apart than the cutoff


def test_kinds_do_not_depend_on_origin_order_or_cell(cubic):
    moved = cubic.copy()
    moved.positions += [2.1, 3.3, 1.7]
    moved.wrap()
    moved = moved[np.random.default_rng(0).permutation(len(moved))]
    assert counts(moved) == counts(cubic)
    assert counts(cubic * (2, 1, 1)) == {kind: 2 * number for kind, number in counts(cubic).items()}


def test_every_kind_has_a_spring_and_metals_touch():
    assert set(
        counts(
            Atoms(
                "Cu4",
                scaled_positions=[(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)],
                cell=[3.6] * 3,
                pbc=True,
            )
        )
    ) == {"contact"}
    assert all(spring.amplitude > 0 and spring.decay > 0 and 0 <= spring.transverse < 1 for spring in SPRINGS.values())


def test_curvature_falls_with_length_and_has_a_limit():
    n = np.zeros(3, int)
    lengths = np.array([0.1, 2.0, 3.0])
    for kind, limit in {"metal-halide": STIFFEST, "hydrogen-halide": STIFFEST_CONTACT}.items():
        pairs = Pairs(n, n, np.zeros((3, 3)), lengths, np.full(3, 2.5), np.array([kind] * 3))
        along, around = curvature(pairs)
        assert along[0] + around[0] == pytest.approx(limit)
        assert np.all(np.diff(along + around) < 0)
        np.testing.assert_allclose(around / (along + around), SPRINGS[kind].transverse)


def test_hessian_of_springs_is_the_second_derivative_of_their_energy(cubic):
    cubic.rattle(0.05, seed=3)
    pairs, scale = classify_pairs(cubic), 4.0
    along, _ = curvature(pairs)
    hessian = spring_hessian(pairs, along, 0 * along, len(cubic), scale)
    rng = np.random.default_rng(1)
    for _ in range(3):
        step = 1e-4 * rng.normal(size=len(hessian))
        moved = step[:-6].reshape(-1, 3)
        vector = (
            pairs.vector @ (np.eye(3) + strain_matrix(step[-6:] / scale)) + moved[pairs.second] - moved[pairs.first]
        )
        energy = 0.5 * (along * (np.linalg.norm(vector, axis=1) - pairs.length) ** 2).sum()
        assert 0.5 * step @ hessian @ step == pytest.approx(energy, rel=1e-2)


def test_model_hessian_turns_with_the_crystal(cubic):
    turned = cubic.copy()
    turned.rotate(40, (1, 2, 3), rotate_cell=True)
    turn = np.linalg.solve(cubic.cell[:], turned.cell[:])
    here, there = (model_hessian(a, 5.0)[:-6, :-6] for a in (cubic, turned))
    whole = np.kron(np.eye(len(cubic)), turn)
    np.testing.assert_allclose(there, whole.T @ here @ whole, atol=1e-9)


def test_model_hessian_is_positive_and_knows_no_translation(cubic):
    hessian = model_hessian(cubic, 5.0)
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-10)
    assert np.linalg.eigvalsh(hessian)[0] > 0.5 * min(FLOOR, 5 * CELL_FLOOR)
    shift = np.zeros(len(hessian))
    shift[0:-6:3] = 1.0
    np.testing.assert_allclose(hessian @ shift, FLOOR * shift, atol=1e-10)
