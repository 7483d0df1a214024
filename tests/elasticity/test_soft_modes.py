"""Soft modes in any treatment: closed forms, limits, and the frozen tensors of labels that store their modes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovex.datasets import load_elastic, soft_mode_table
from perovex.elasticity import ElasticTensor
from perovex.elasticity.soft_modes import KAPPA0, REGULARISED, regularised_moduli, regularised_tensor
from perovex.elasticity.surface import EV_PER_A3_IN_GPA
from perovex.errors import DatasetError, ElasticityError


def made(seed, n_modes=3):
    """A stable clamped tensor, modes, and what relaxing along them leaves of it."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(6, 6))
    clamped = root @ root.T + 60 * np.eye(6)
    modes = np.column_stack([rng.uniform(0.01, 0.4, n_modes), rng.normal(size=(n_modes, 6))])
    volume = 2000.0
    lost = EV_PER_A3_IN_GPA / volume * np.einsum("m,mi,mj->ij", 1 / modes[:, 0], modes[:, 1:], modes[:, 1:])
    return clamped, modes, volume, clamped - lost


@given(st.integers(0, 10_000), st.floats(1e-4, 10))
@settings(max_examples=40, deadline=None)
def test_between_relaxed_and_clamped_and_growing_with_kappa0(seed, kappa0):
    clamped, modes, volume, relaxed = made(seed)
    np.testing.assert_allclose(regularised_tensor(relaxed, modes, volume, 0.0), relaxed)
    smooth = regularised_tensor(relaxed, modes, volume, kappa0)
    for upper, lower in (
        (smooth, relaxed),
        (clamped, smooth),
        (smooth, regularised_tensor(relaxed, modes, volume, kappa0 / 2)),
    ):
        assert np.linalg.eigvalsh(upper - lower).min() > -1e-8
    np.testing.assert_allclose(regularised_tensor(relaxed, modes, volume, 1e12), clamped, rtol=1e-6)


def test_one_mode_in_closed_form():
    # E along z of a diagonal tensor is C33; the mode takes g^2 / (kappa V) of it
    g, kappa, volume = 0.8, 0.02, 900.0
    tensor = np.diag([50.0, 50, 20, 10, 10, 10])
    lost = EV_PER_A3_IN_GPA * g**2 / (kappa * volume)
    modes = [[kappa, 0, 0, g, 0, 0, 0]]
    found = regularised_moduli(tensor, modes, volume, [0, 0, 1], kappa0=kappa)
    assert found["E_out_of_plane"] == pytest.approx(20 + lost / 2)
    # d/dln(kappa0) of -g^2/(kappa + kappa0) at kappa0 = kappa is a quarter of g^2/kappa
    assert found["E_out_of_plane_per_ln_kappa0"] == pytest.approx(lost / 4, rel=1e-3)
    assert found["E_in_plane_per_ln_kappa0"] == pytest.approx(0, abs=1e-9)


def test_curvatures_that_are_not_positive_are_refused():
    with pytest.raises(ElasticityError, match="not positive"):
        regularised_tensor(np.eye(6), [[-0.01, 1, 0, 0, 0, 0, 0]], 100.0)
    with pytest.raises(ElasticityError, match="not positive"):
        regularised_tensor(np.eye(6), [[0.0, 1, 0, 0, 0, 0, 0]], 100.0)


def test_a_curvature_a_little_below_zero_is_made_positive_like_any_other():
    """The protocol accepts curvatures down to -2e-3: the part that they have in the tensor is stored with its sign."""
    g, volume = 0.3, 900.0
    rest, modes = np.diag([50.0, 50, 20, 10, 10, 10]), [[-0.002, 0, 0, g, 0, 0, 0]]
    stored, smooth = rest.copy(), rest.copy()
    stored[2, 2] -= EV_PER_A3_IN_GPA * g**2 / (-0.002 * volume)
    smooth[2, 2] -= EV_PER_A3_IN_GPA * g**2 / ((-0.002 + KAPPA0) * volume)
    np.testing.assert_allclose(regularised_tensor(stored, modes, volume), smooth)


def test_without_modes_nothing_changes():
    np.testing.assert_array_equal(regularised_tensor(np.eye(6), [], 100.0), np.eye(6))


@pytest.fixture(scope="module")
def released():
    return load_elastic(minima="all")


def test_stored_modes_give_the_frozen_tensor_back(released):
    stored = {name: released.modes(name) for name in released.table.index}
    stored = {name: found for name, found in stored.items() if found is not None}
    assert len(stored) >= 15
    frozen = load_elastic(minima="all", moduli="soft_frozen")
    for name, (tensor, modes, volume, _) in stored.items():
        soft = [mode for mode in modes if mode[0] < 0.05]
        np.testing.assert_allclose(regularised_tensor(tensor, soft, volume, 1e12), frozen.tensors[name], atol=2e-3)


def couples(modes):
    """Whether a strain pushes on any stored mode (eV/Å); in the cubic inorganic crystals none does, by symmetry."""
    return len(modes) > 0 and np.abs(np.asarray(modes)[:, 1:]).max() > 0.01


def test_regularised_moduli_are_a_kind_of_moduli(released):
    smooth = load_elastic(minima="all", moduli="regularised")
    assert set(smooth.table.index) == {name for name in released.table.index if released.modes(name) is not None}
    for crystal, moduli in smooth.table["E_vrh"].items():
        tensor, modes, _, normal = released.modes(crystal)
        relaxed = ElasticTensor(tensor).moduli(normal)["E_vrh"]
        if couples(modes):
            assert moduli > relaxed, crystal
        else:
            assert moduli == pytest.approx(relaxed, rel=1e-9), crystal
    name = smooth.table.index[0]
    tensor, _, _, normal = released.modes(name)
    assert ElasticTensor(smooth.tensors[name]).moduli(normal)["E_vrh"] == pytest.approx(smooth.table.loc[name, "E_vrh"])
    assert not np.allclose(smooth.tensors[name], tensor)
    assert repr(smooth).endswith("soft modes regularised>")


def test_fragility_stands_for_every_label_and_the_derivative_where_modes_are_stored(released):
    table = soft_mode_table(released)
    known = table["E_vrh_regularised"].notna()
    assert known.sum() >= 15
    assert table["E_vrh_fragility"].dropna().between(0.3, 1.001).all()
    derivative = table.loc[known, "E_vrh_per_ln_kappa0"]
    coupled = np.array([couples(released.modes(crystal)[1]) for crystal in derivative.index])
    assert (derivative[coupled] > 0).all()
    assert (derivative[~coupled].abs() < 1e-6).all()
    assert coupled[(released.table.loc[derivative.index, "n_layers"] < 99).to_numpy()].all()
    # what a finite change of kappa0 does is what the derivative says
    more = soft_mode_table(released, kappa0=1.1 * KAPPA0)
    for modulus in REGULARISED:
        moved = (more[f"{modulus}_regularised"] - table[f"{modulus}_regularised"])[known]
        slope = (more[f"{modulus}_per_ln_kappa0"] + table[f"{modulus}_per_ln_kappa0"])[known] / 2
        np.testing.assert_allclose(moved, slope * np.log(1.1), rtol=0.02, atol=2e-4)


def test_a_release_without_modes_says_what_it_lacks():
    with pytest.raises(DatasetError, match="stores no modes"):
        _ = load_elastic(version="0.5", moduli="regularised").table
