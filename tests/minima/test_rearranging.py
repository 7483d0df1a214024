"""Sliding, turning, tilting and rattling: what changes, what must not, and what counts as the same minimum."""

from dataclasses import replace

import numpy as np
import pytest
from ase.calculators.calculator import Calculator, all_changes

from perovex.building import build_layered, from_known, nearest_known
from perovex.crystal import perceive
from perovex.crystal.examples import layered
from perovex.datasets import load_elastic
from perovex.datasets.schema import source_of
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings
from perovex.minima import (
    Compound,
    Known,
    OutcomeStore,
    SameMinimum,
    SearchSettings,
    open_search,
    search_family,
    search_minima,
)
from perovex.minima.candidate import MADE_FROM
from perovex.minima.fingerprint import distance, fingerprint
from perovex.minima.strategies import strategy
from perovex.minima.strategies.built import N_BUILT
from perovex.minima.strategies.disturbed import rattle

from .conftest import start


@pytest.fixture(scope="module")
def diammonium():
    return build_layered("[NH3+]CCCC[NH3+]", "Pb", "Br", n_trials=1)


def test_rattled_molecules_keep_their_shape(diammonium):
    rattled = perceive(rattle(diammonium, 0.1, np.random.default_rng(0)))
    for one, other in zip(perceive(diammonium).molecules, rattled.molecules, strict=True):
        apart = [np.linalg.norm(m.coordinates[:, None] - m.coordinates, axis=-1) for m in (one, other)]
        np.testing.assert_allclose(*apart, atol=1e-6)


def test_fingerprints_know_neither_cell_nor_hand(diammonium):
    atoms = diammonium.to_ase_atoms()
    mirrored = atoms.copy()
    mirrored.positions, mirrored.cell = -atoms.positions, -atoms.cell.array
    for same in (atoms.repeat((2, 1, 1)), mirrored):
        assert distance(fingerprint(atoms), fingerprint(same)) < 1e-3
    disturbed = rattle(diammonium, 0.1, np.random.default_rng(1)).to_ase_atoms()
    assert distance(fingerprint(atoms), fingerprint(disturbed)) > SameMinimum().structure


def test_mirror_images_are_one_compound_and_racemates_another():
    def compound(spacers):
        from perovex.minima.compound import without_hand

        return without_hand(tuple(spacers))

    left, right = "C[C@H]([NH3+])CC", "C[C@@H]([NH3+])CC"
    assert compound([left]) == compound([right])
    assert compound([left, right]) != compound([left])
    assert compound(["CCCC[NH3+]"]) != compound(["CC(C)C[NH3+]"])


def test_a_compound_starts_from_its_nearest_relative():
    def crystal(**changes):
        return perceive(layered(**({"n": 1, "spacer": "MA", "halide": "I"} | changes)))

    iodide, chloride, tin = crystal(), crystal(halide="Cl", bond=2.85), crystal(metal="Sn", halide="Br", bond=2.95)
    double = crystal(n=2)
    wanted = {"spacer": "C[NH3+]", "metal": "Pb", "halide": "Br"}
    assert nearest_known([tin, iodide, chloride], **wanted) is chloride
    assert nearest_known([iodide, double], **wanted, n=2) is double
    assert nearest_known([double], **wanted) is double
    assert nearest_known([double, tin], **wanted) is tin, "rather another metal than a sheet to take out"
    assert nearest_known([iodide], "CC[NH3+]", "Pb", "Br") is None
    made = perceive(from_known([iodide, tin], **wanted, n=2, cage="[Cs+]"))
    assert (made.metals, made.halides, made.n_layers) == (("Pb",), ("Br",), 2.0)
    assert {m.smiles for m in made.cage_cations} == {"[Cs+]"}
    back = perceive(from_known([made], **wanted))
    assert (back.halides, back.n_layers, back.cage_cations) == (("Br",), 1.0, ())


def test_strategies_make_the_compound_that_is_asked_for(tmp_path):
    """Thickened crystals get the cages that the compound names."""
    single, double = start("single", layered(n=1, spacer="MA")), start("double", layered(n=2, spacer="MA"))
    known = open_search([single, double], tmp_path)
    settings = SearchSettings(("given",), relax=RelaxSettings(1e3, 1e3))
    known = replace(known, calculator=Nothing())
    list(search_family(known, [single.compound, double.compound], settings))
    for name in ("thicken", "slide", "turn", "tilt"):
        candidates = list(strategy(name)(known, double.compound))
        assert candidates, name
        for candidate in candidates[:2]:
            assert Compound.of(perceive(candidate.make())) == double.compound
    (candidate,) = strategy("thin")(known, single.compound)
    assert Compound.of(perceive(candidate.make())) == single.compound


class Nothing(Calculator):
    """No forces at all: whatever is given is relaxed."""

    implemented_properties = ("energy", "forces", "stress")

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.results = {"energy": -1.0, "forces": np.zeros((len(atoms), 3)), "stress": np.zeros(6)}


def test_crystals_of_like_spacers_are_borrowed_the_most_alike_first():
    data = load_elastic(version="0.8", minima="all")
    names = ("s02_PbI_n1", "s02_PbBr_n1", "s02_PbBr_n2", "BA2Cs2Pb3Br10")
    known = Known([start(name, data.structures[name]) for name in names], OutcomeStore())
    wanted = Compound("[NH3+]CCCCC[NH3+]", "", "", "Pb", "Br", 1.0)
    propose = strategy("cation-exchange")
    (candidate,) = propose(known, wanted)  # one of each spacer, that with the same halide
    assert (candidate.compound, candidate.parent) == (wanted, "s02_PbBr_n1")
    assert candidate.parameters == {"spacer": "[NH3+]CCCC[NH3+]", "swap": {}}
    chloride = replace(wanted, halides="Cl")
    (candidate,) = propose(known, chloride)
    assert set(candidate.parameters["swap"].values()) == {"Cl"}
    assert Compound.of(perceive(candidate.make())) == chloride
    longer = replace(wanted, spacers="[NH3+]CCCCCCCCCC[NH3+]")
    assert not list(propose(known, longer))  # ten CH2 groups where four are known
    assert not list(propose(known, replace(wanted, n_layers=3.0)))
    assert not list(propose(known, replace(wanted, spacers="CCCC[NH3+]")))
    assert not list(propose(known, replace(wanted, spacers="[NH3+]CCCC[NH3+]")))  # its own crystals are no analogues


def test_lenders_lend_their_patterns_and_are_not_searched_themselves(tmp_path):
    data = load_elastic(version="0.8", minima="all")
    wanted = start("mine", data.structures["s02_PbBr_n1"])
    lenders = [start(name, data.structures[name]) for name in ("s02_PbI_n1", "s02_PbBr_n2", "s01_PbBr_n1")]
    known = Known([wanted], OutcomeStore(), lenders=lenders)
    relatives = list(strategy("relatives")(known, wanted.compound))
    assert [candidate.parent for candidate in relatives] == ["s02_PbI_n1", "s02_PbBr_n2"]
    for candidate in relatives:
        assert Compound.of(perceive(candidate.make())) == wanted.compound
    assert [candidate.parent for candidate in strategy("cation-exchange")(known, wanted.compound)] == ["s01_PbBr_n1"]
    assert not list(strategy("relatives")(replace(known, starts=[wanted, *lenders]), wanted.compound))  # given: swapped
    outcomes = list(
        search_minima(
            [wanted], tmp_path, settings=SearchSettings(), lenders=lenders, calculator=Nothing(), potential="0"
        )
    )
    assert {outcome.compound for outcome in outcomes} == {wanted.compound}
    origins = {outcome.record["strategy"]: outcome.record["origin"] for outcome in outcomes}
    assert origins["relatives"] == origins["cation-exchange"] == MADE_FROM + "made for the test"


def test_a_lender_that_cannot_be_changed_costs_its_candidate(tmp_path):
    data = load_elastic(version="0.8", minima="all")
    wanted = start("mine", data.structures["s02_PbBr_n1"])
    other = replace(start("other", data.structures["s01_PbBr_n1"]), compound=replace(wanted.compound, halides="I"))
    settings = SearchSettings(("relatives",))
    (outcome,) = search_minima([wanted], tmp_path, settings=settings, lenders=[other], calculator=Nothing())
    assert (outcome.record["status"], outcome.record["reason"]) == (
        "failed", "BuildError: cannot be changed into the compound",
    )  # fmt: skip


def test_what_is_built_from_nothing_has_no_parent_and_says_so(tmp_path):
    wanted = start("mine", load_elastic(version="0.8", minima="all").structures["s02_PbBr_n1"])
    settings = SearchSettings(("build",))
    outcomes = list(search_minima([wanted], tmp_path, settings=settings, calculator=Nothing(), potential="none"))
    assert len(outcomes) == N_BUILT
    for outcome in outcomes:
        assert outcome.is_minimum
        assert (outcome.record["parent"], outcome.record["root"]) == ("", outcome.id)
        assert outcome.record["origin"] == MADE_FROM + "built from its composition"
        assert source_of(outcome.record["origin"]) == "built"
    assert distance(outcomes[0].fingerprint, outcomes[1].fingerprint) > 0.01
    known = Known([wanted], OutcomeStore())
    for other in ({"cages": "CC[NH3+]", "n_layers": 2.0}, {"halides": "Br.I"}, {"spacers": ""}, {"guests": "O"}):
        assert not list(strategy("build")(known, replace(wanted.compound, **other)))
