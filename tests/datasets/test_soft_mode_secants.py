"""Secants of soft modes: closed forms of the benchmark and of the summary, and the bundled numbers from their calls."""

import gzip
import importlib.util
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perovex.datasets.first_principles import BARE, REFERENCE, load_first_principles, secant_errors

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("soft_modes_benchmark", BENCHMARKS / "soft_modes.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)  # it shares settings with its neighbours
        patch.setitem(__import__("sys").modules, spec.name, module)
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bundled():
    return load_first_principles()


def quartic(script, x, kappa=0.3, cubic=0.4, quartic=0.8, force=0.5):
    """Energy and slope of a path with a force left at its start."""
    energy = -force * x + kappa * x**2 / 2 + cubic * x**3 / 6 + quartic * x**4 / 24
    return script.Side(energy, -force + kappa * x + cubic * x**2 / 2 + quartic * x**3 / 6)


def test_secants_of_a_quartic_do_not_see_the_force_at_the_start_nor_the_cubic_term(script):
    a = 0.7
    made = script.secants(0.0, [quartic(script, a), quartic(script, -a)], a)
    assert made.energy == pytest.approx(0.3 + 0.8 * a**2 / 12)
    assert made.force == pytest.approx(0.3 + 0.8 * a**2 / 6)
    even = quartic(script, a, cubic=0.0, force=0.0)
    assert script.secants(0.0, [even], a).energy == pytest.approx(made.energy), "one side tells the other"
    assert script.secants(0.0, [even], a).force == pytest.approx(made.force)


@pytest.mark.parametrize("sides", [1, 2])
def test_errors_of_secants_are_what_noise_scatters(script, sides):
    rng = np.random.default_rng(5)
    a, noise = 0.6, (2e-3, 2e-2)
    drawn = []
    for _ in range(4000):
        ends = [script.Side(noise[0] * rng.normal(), noise[1] * rng.normal()) for _ in range(sides)]
        drawn.append(script.secants(noise[0] * rng.normal(), ends, a))
    expected = script.secants(0.0, ends, a, noise)
    assert np.std([one.energy for one in drawn]) == pytest.approx(expected.energy_error, rel=0.05)
    assert np.std([one.force for one in drawn]) == pytest.approx(expected.force_error, rel=0.05)


def test_noise_of_a_slope_is_that_of_the_element_that_moves_or_what_is_seen_along_it(script):
    numbers = np.array([7] * 400 + [53] * 400)
    change = np.random.default_rng(2).normal(size=(800, 3)) * np.where(numbers == 7, 0.05, 0.002)[:, None]
    nitrogen, iodine = np.zeros((800, 3)), np.zeros((800, 3))
    nitrogen[0, 0] = iodine[-1, 2] = 1.0
    change[0, 0] = change[-1, 2] = 0.0
    change[:400] -= change[:400].mean(axis=0)
    change[400:] -= change[400:].mean(axis=0)
    assert script.noise_of_slope(numbers, change, nitrogen) == pytest.approx(0.05 / np.sqrt(2), rel=0.1)
    assert script.noise_of_slope(numbers, change, iodine) == pytest.approx(0.002 / np.sqrt(2), rel=0.1)
    together = np.where(numbers == 7, 1, -1)[:, None] * np.array([1.0, 0, 0]) / np.sqrt(800)  # all nitrogen at once
    moved = change * 0 + np.where(numbers == 7, 0.05, -0.05)[:, None] * np.array([1.0, 0, 0])
    assert script.noise_of_slope(numbers, moved, together) == pytest.approx(0.05 * np.sqrt(800 / 2))
    rigid = np.full((800, 3), 0.3)
    assert script.noise_of_slope(numbers, rigid, nitrogen) == pytest.approx(0.0, abs=1e-9), "a net force moves nothing"


def test_modes_are_chosen_near_the_wanted_curvatures_and_rather_where_one_side_is_enough(script):
    values = np.array([0.029, 0.033, 0.081, 0.085, 0.12, 0.21, 0.39, 2.0])
    two_sided = np.zeros(8, bool)
    assert script.chosen(values, two_sided) == [0, 2, 5, 6]
    spared = two_sided.copy()
    spared[[1, 3, 7]] = True
    assert script.chosen(values, spared) == [1, 3, 5, 6]


def test_paths_turn_a_molecule_without_stretching_it_and_begin_along_the_mode(script):
    """Ethanol turned by a step that would stretch its bonds on a straight line."""
    from ase.build import molecule

    atoms = molecule("CH3CH2OH")
    atoms.set_cell(np.diag([12.0, 12.0, 12.0]))
    atoms.pbc = True
    atoms.center()
    centred = atoms.positions - atoms.positions.mean(axis=0)
    turn = np.cross([0.0, 0.0, 1.0], centred)
    turn -= turn.mean(axis=0)
    turn /= np.linalg.norm(turn)
    lengths = atoms.get_all_distances()
    bonded = (lengths > 0.5) & (lengths < 1.6)
    bent = script.moved(atoms, script.along(atoms, turn, 1.0)).get_all_distances()
    straight = script.moved(atoms, turn).get_all_distances()
    stretched = abs(straight - lengths)[bonded].max()
    assert stretched > 0.03
    assert abs(bent - lengths)[bonded].max() < stretched / 20
    np.testing.assert_allclose(script.along(atoms, turn, 1e-3) / 1e-3, turn, atol=2e-2)
    mode = script.Mode(0, 0.0, 1.0, two_sided=True, direction=turn.tolist())
    ahead = script.along(atoms, turn, 1.001) - script.along(atoms, turn, 0.999)
    np.testing.assert_allclose(script.tangent(atoms, mode, 1), ahead / 0.002, atol=2e-2)


def made(crystal, mode, source, value, error=0.0, force_error=1.0):
    values = {"secant_energy_eV_per_A2": value, "secant_force_eV_per_A2": 2 * value}
    errors = {"energy_error_eV_per_A2": error, "force_error_eV_per_A2": force_error}
    return {"crystal": crystal, "mode": mode, "source": source} | values | errors


def test_errors_of_a_potential_are_counted_against_the_noise():
    """One mode is right, one too soft by half beyond the noise, one negative by first principles and within it."""
    exact, own = (0.1, 0.2, -0.01), (0.1, 0.1, 0.005)
    rows = [made("x", m, REFERENCE, value, 0.01) for m, value in enumerate(exact)]
    rows += [made("x", m, BARE, 9.0, 0.01) for m in range(3)] + [made("x", m, "model", v) for m, v in enumerate(own)]
    errors = secant_errors(pd.DataFrame(rows))
    assert list(errors.index) == ["model"]
    row = errors.loc["model"]
    assert row["modes"] == 3
    assert row["secant_mae_eV_per_A2"] == pytest.approx(0.115 / 3)
    assert row["beyond_noise"] == 1
    assert row["secant_ratio"] == pytest.approx(np.sqrt(0.5)), "of the two that are positive"
    assert row["secant_mape_percent"] == pytest.approx(25.0), "of the two that stand out of the noise"
    assert row["noise_eV_per_A2"] == pytest.approx(0.01)


def test_the_secant_with_the_smaller_error_counts():
    rows = [made("x", 0, REFERENCE, 0.1, 0.03, 0.02), made("x", 1, REFERENCE, 0.1, 0.03, 0.04)]
    rows += [made("x", 0, "model", 0.09), made("x", 1, "model", 0.08)]
    row = secant_errors(pd.DataFrame(rows)).loc["model"]
    assert row["secant_mae_eV_per_A2"] == pytest.approx((2 * 0.01 + 0.02) / 2), "forces of the first, energies"
    assert row["noise_eV_per_A2"] == pytest.approx(0.025)


def calls_by_mode(bundled):
    text = gzip.decompress((bundled.folder / "soft_modes.jsonl.gz").read_bytes())
    calls = [json.loads(line) for line in text.splitlines()]
    return {(call["crystal"], call["mode"], call["side"]): call for call in calls}


def test_bundled_secants_follow_from_the_energies_of_the_calls(bundled):
    calls = calls_by_mode(bundled)
    bare = bundled.soft_modes[bundled.soft_modes["source"] == BARE]
    assert bare["crystal"].nunique() >= 5
    changes: dict[bool, list[float]] = {True: [], False: []}
    for crystal, modes in bare.groupby("crystal"):
        reference = bundled.calls(crystal)[0]
        start = reference.get_potential_energy()
        changes["N" in reference.symbols].append(calls[crystal, None, 0]["energy"] - start)
        for row in modes.itertuples():
            sides = [calls[crystal, row.mode, side]["energy"] for side in (1, -1)[: row.calls]]
            rise = np.mean(sides) - start
            assert 2 * rise / row.amplitude_A**2 == pytest.approx(row.secant_energy_eV_per_A2, abs=2e-6)
    noise = {kind: np.sqrt(np.mean(np.square(drawn)) / 2) for kind, drawn in changes.items()}
    assert noise[True] > 10 * noise[False], "nitrogen makes the noise"
    for row in bare.itertuples():
        own = noise["N" in bundled.calls(row.crystal)[0].symbols]
        expected = np.sqrt(6 if row.calls == 2 else 8) * own / row.amplitude_A**2
        assert row.energy_error_eV_per_A2 == pytest.approx(expected, abs=1e-6)


def test_bundled_displacements_begin_along_unit_directions_and_cost_what_they_should(bundled):
    for (crystal, mode, side), call in calls_by_mode(bundled).items():
        reference = bundled.calls(crystal)[0]
        shift = np.array(call["positions"]) - reference.positions
        if mode is None:
            np.testing.assert_allclose(shift - shift[0], 0.0, atol=1e-9)
            continue
        direction = np.array(call["direction"])
        assert np.linalg.norm(direction) == pytest.approx(1.0)
        assert (shift * direction).sum() == pytest.approx(side * call["amplitude"], rel=0.05)
    own = bundled.soft_modes[bundled.soft_modes["source"] == bundled.potential]
    rise = own["secant_energy_eV_per_A2"] * own["amplitude_A"] ** 2 / 2
    np.testing.assert_allclose(rise, 0.025, rtol=0.03)


def test_a_larger_basis_changes_the_softest_secant_of_bromide_by_a_few_percent(bundled):
    """Which is a tenth of what the potential is off there."""
    text = gzip.decompress((bundled.folder / "soft_mode_basis.jsonl.gz").read_bytes())
    start, end = (json.loads(line) for line in text.splitlines())
    modes = bundled.soft_modes[bundled.soft_modes["crystal"] == start["crystal"]]
    first = modes[modes["mode"] == 0].set_index("source")
    larger = 2 * (end["energy"] - start["energy"]) / first.loc[BARE, "amplitude_A"] ** 2
    usual = first["secant_energy_eV_per_A2"]
    assert larger == pytest.approx(usual[BARE], rel=0.05)
    assert usual[bundled.potential] < 0.75 * usual[BARE]


def test_a_mode_that_mixes_has_the_lowest_eigenvalue_of_two_by_two():
    spec = importlib.util.spec_from_file_location("soft_mode_checks_benchmark", BENCHMARKS / "soft_mode_checks.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        spec.loader.exec_module(module)
    kappa, other, coupling = 0.2, 0.8, 0.1
    expected = (kappa + other) / 2 - np.hypot((other - kappa) / 2, coupling)
    mixed = module.mixed(np.array([9.0, other, 3.0]), 0, np.array([kappa, coupling, 0.0]))
    assert mixed == pytest.approx(expected)


def test_the_potential_of_the_labels_is_too_soft_along_every_mode(bundled):
    """As the documentation says, and no potential is better on all of them."""
    wide = bundled.soft_modes.pivot_table(index=["crystal", "mode"], columns="source", values="secant_energy_eV_per_A2")
    assert (wide[bundled.potential] < wide[REFERENCE]).all()
    errors = bundled.soft_mode_errors
    assert errors["secant_mae_eV_per_A2"].idxmin() == bundled.potential
    assert errors.loc[bundled.potential, "secant_ratio"] == pytest.approx(0.74, abs=0.01)
    assert (errors["secant_mae_eV_per_A2"] > 5 * errors["noise_eV_per_A2"]).all()
