"""Batches of configurations: the same numbers as one by one, by any calculator."""

import numpy as np
import pytest
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT
from ase.calculators.mixing import SumCalculator
from ase.spacegroup import crystal

from perovex.elasticity import LabelSettings, label
from perovex.elasticity.potentials.by_name import make_calculator
from perovex.elasticity.surface import Surface, evaluate_many
from perovex.errors import LabelError


class BatchedEMT(EMT):
    """EMT that takes many crystals at once and remembers how many."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def evaluate_many(self, crystals):
        self.sizes.append(len(crystals))
        return evaluate_many(EMT(), crystals)


class Constant(Calculator):
    """Adds the same energy and stress to every crystal."""

    implemented_properties = ("energy", "forces", "stress")

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.results = {"energy": 2.0, "forces": np.zeros((len(atoms), 3)), "stress": np.full(6, 0.5)}


def configurations(atoms, count=7):
    rng = np.random.default_rng(0)
    return [
        (atoms.positions + rng.normal(scale=0.02, size=(len(atoms), 3)), atoms.cell[:] * (1 + 0.001 * k))
        for k in range(count)
    ]


@pytest.mark.parametrize("batch", [2, 3, 100])
def test_batches_change_no_number_and_every_copy_counts(alloy, batch):
    calculator = BatchedEMT()
    batched, single = Surface(alloy, calculator, batch), Surface(alloy, EMT())
    together = batched.evaluate_many(configurations(alloy))
    alone = [single.evaluate(*pair) for pair in configurations(alloy)]
    assert batched.calls == single.calls == 7
    assert max(calculator.sizes) == min(batch, 7)
    for here, there in zip(together, alone, strict=True):
        np.testing.assert_array_equal(here.forces, there.forces)
        np.testing.assert_array_equal(here.stress, there.stress)
        assert here.energy == there.energy


def test_members_of_a_sum_get_batches_too(alloy):
    inner = BatchedEMT()
    crystals = [alloy.copy() for _ in range(3)]
    total = evaluate_many(SumCalculator([inner, Constant()]), crystals)
    plain = evaluate_many(EMT(), crystals)
    assert inner.sizes == [3]
    assert total[1]["energy"] == pytest.approx(plain[1]["energy"] + 2.0)
    np.testing.assert_allclose(total[2]["stress"], plain[2]["stress"] + 0.5)


def test_label_in_batches_is_the_label_one_by_one(alloy, alloy_label):
    calculator = BatchedEMT()
    made = label(alloy, calculator, LabelSettings(relax=alloy_label_settings(), batch=12))
    assert made.accepted
    np.testing.assert_allclose(made.record["C_GPa"], alloy_label.record["C_GPa"], atol=0.05)
    assert made.record["calls"] == pytest.approx(alloy_label.record["calls"], abs=12)
    assert max(calculator.sizes) > 2


def alloy_label_settings():
    from perovex.elasticity.relaxation.quasi_newton import RelaxSettings

    return RelaxSettings(fmax=1e-5, smax=1e-5)


def test_one_bad_copy_is_a_typed_error(alloy):
    class Broken(BatchedEMT):
        def evaluate_many(self, crystals):
            results = super().evaluate_many(crystals)
            results[-1]["forces"][0, 0] = np.nan
            return results

    with pytest.raises(LabelError, match="not finite"):
        Surface(alloy, Broken(), 4).evaluate_many(configurations(alloy))


@pytest.fixture(scope="module")
def perovskites():
    cell = {"spacegroup": 221, "basis": [(0.5, 0.5, 0.5), (0, 0, 0), (0.5, 0, 0)]}
    bromide = crystal(("Cs", "Pb", "Br"), cellpar=[5.9] * 3 + [90] * 3, **cell)
    chloride = crystal(("Cs", "Sn", "Cl"), cellpar=[5.6] * 3 + [90] * 3, **cell).repeat((2, 1, 1))
    made = [bromide, chloride, bromide.copy()]
    for k, atoms in enumerate(made):
        atoms.rattle(0.05, seed=k)
    return made


def assert_same_as_alone(calculator, reference, crystals):
    for atoms, result in zip(crystals, calculator.evaluate_many(crystals), strict=True):
        alone = atoms.copy()
        alone.calc = reference
        assert result["forces"].dtype == np.float64
        np.testing.assert_allclose(result["forces"], alone.get_forces(), atol=5e-6)
        np.testing.assert_allclose(result["stress"], alone.get_stress(), atol=2e-7)
        assert result["energy"] == pytest.approx(alone.get_potential_energy(), abs=2e-5)


@pytest.mark.labels
def test_sevennet_batch_of_different_crystals_is_each_alone(perovskites):
    calculators = pytest.importorskip("sevenn.calculator")
    plain = calculators.SevenNetCalculator("7net-0_22May2024", device="cpu")
    assert_same_as_alone(make_calculator("7net-0_22May2024"), plain, perovskites)


@pytest.mark.labels
def test_a_batch_too_large_for_the_memory_is_halved_once(perovskites, monkeypatch):
    torch = pytest.importorskip("torch")
    pytest.importorskip("sevenn")
    calculator = make_calculator("7net-0_22May2024")
    whole, asked = calculator._evaluate, []

    def small_memory(crystals):
        asked.append(len(crystals))
        if len(crystals) > 1:
            raise torch.OutOfMemoryError
        return whole(crystals)

    expected = calculator.evaluate_many(perovskites)
    monkeypatch.setattr(calculator, "_evaluate", small_memory)
    for here, there in zip(calculator.evaluate_many(perovskites), expected, strict=True):
        np.testing.assert_allclose(here["forces"], there["forces"], atol=5e-6)
    assert asked == [3, 1, 2, 1, 1]
    asked.clear()
    calculator.evaluate_many(perovskites)
    assert asked == [1, 1, 1], "what did not fit once is not tried again"


@pytest.mark.labels
def test_a_crystal_too_large_for_the_memory_is_a_typed_error(perovskites, monkeypatch):
    torch = pytest.importorskip("torch")
    pytest.importorskip("sevenn")
    calculator = make_calculator("7net-0_22May2024")

    def no_memory(crystals):
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(calculator, "_evaluate", no_memory)
    with pytest.raises(LabelError, match="out of memory"):
        Surface(perovskites[0], calculator, 2).evaluate_many(configurations(perovskites[0], 2))


@pytest.mark.labels
def test_sevennet_batch_on_cuda_is_that_on_the_cpu(perovskites):
    torch = pytest.importorskip("torch")
    calculators = pytest.importorskip("sevenn.calculator")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    plain = calculators.SevenNetCalculator("7net-0_22May2024", device="cpu")
    assert_same_as_alone(make_calculator("7net-0_22May2024", device="cuda"), plain, perovskites)
