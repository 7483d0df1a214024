"""The search on a landscape that is known: what is found, counted, kept and refused."""

import json
import shutil

import numpy as np
import pytest

from perovex.crystal.examples import cubic
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings
from perovex.errors import BuildError, SearchError
from perovex.minima import (
    Candidate,
    Compound,
    LabelChoice,
    SearchSettings,
    Targets,
    candidate_table,
    open_search,
    read_starts,
    register_strategy,
    search_minima,
    state,
    statement_table,
    untried,
)
from perovex.minima.candidate import MADE_FROM
from perovex.minima.strategies import registry

from .conftest import Octahedra, start

GIVEN = SearchSettings(("given",))


def run(starts, out, calculator, settings=GIVEN, **options):
    return list(search_minima(starts, out, settings=settings, calculator=calculator, potential="springs", **options))


def test_crystals_are_read_by_paths_of_either_kind_and_of_different_names(tmp_path):
    path = tmp_path / "straight.cif"
    cubic("Pb", "I", "Cs").to(filename=str(path))
    (of_text,), (of_path,) = read_starts([str(path)]), read_starts([path])
    assert (of_text.name, of_text.compound) == (of_path.name, of_path.compound)
    assert of_text.name == "straight"
    with pytest.raises(SearchError, match="two crystals are named 'straight'"):
        read_starts([str(path), path])


@pytest.fixture
def own_strategy(monkeypatch):
    monkeypatch.setattr(registry, "_STRATEGIES", dict(registry._STRATEGIES))

    def register(function):
        return register_strategy("own")(function)

    return register


def test_calculator_of_these_tests_has_the_forces_and_stress_of_its_energy(springs):
    rng = np.random.default_rng(0)
    atoms = (cubic("Pb", "I", "Cs") * (2, 1, 1)).to_ase_atoms()
    atoms.rattle(0.1, rng=rng)
    atoms.calc = springs
    move, strain = rng.normal(size=(len(atoms), 3)), rng.normal(size=(3, 3))
    strain += strain.T
    forces, stress = atoms.get_forces(), atoms.get_stress(voigt=False)

    def energy(step, stretch):
        changed = atoms.copy()
        changed.positions += step * move
        changed.set_cell(atoms.cell.array @ (np.eye(3) + stretch * strain), scale_atoms=True)
        changed.calc = Octahedra()
        return changed.get_potential_energy()

    h = 1e-4
    assert (energy(h, 0) - energy(-h, 0)) / (2 * h) == pytest.approx(-(forces * move).sum(), rel=1e-3)
    slope = (energy(0, h) - energy(0, -h)) / (2 * h)
    assert slope == pytest.approx(atoms.get_volume() * (stress * strain).sum(), rel=1e-3)


def test_tilts_lead_from_the_cubic_cell_to_pnma(straight, searched):
    out, outcomes = searched
    first, lowest = outcomes[0], open_search([straight], out).lowest(straight.compound)
    assert (first.record["strategy"], first.record["parent"]) == ("given", "straight")
    assert lowest.energy < first.energy - 0.2
    assert (lowest.record["strategy"], lowest.record["space_group"]) == ("tilt", "Pnma")
    assert (first.record["root"], lowest.record["root"]) == (first.id, lowest.id)  # another pattern than it began with
    assert first.record["origin"] == "made for the test"
    assert lowest.record["origin"] == MADE_FROM + "made for the test"


def test_what_is_made_from_a_made_crystal_says_so_once(straight, searched, springs, tmp_path):
    shutil.copytree(searched[0], tmp_path, dirs_exist_ok=True)
    settings = SearchSettings(("substitute",))
    outcomes = run([straight], tmp_path, springs, settings, targets=Targets(halides=("Br", "I")))
    parents = {outcome.record["parent"] for outcome in outcomes}
    assert any("_tilt_" in parent for parent in parents)
    assert {outcome.record["origin"] for outcome in outcomes} == {MADE_FROM + "made for the test"}


def test_the_statement_counts_candidates_minima_and_strategies(straight, searched):
    out, outcomes = searched
    known = open_search([straight], out)
    found, groups = state(known, straight.compound), known.minima(straight.compound)
    assert found.candidates == len(outcomes) == 5
    assert found.minima == len(groups) > 1
    assert sum(map(len, groups)) == sum(outcome.is_minimum for outcome in outcomes)
    assert found.times_found == len(groups[0])
    assert f"by {len(found.strategies)} strateg" in str(found)
    table = statement_table(known, [straight.compound]).iloc[0]
    assert (table["times_found"], table["candidates"]) == (found.times_found, found.candidates)
    rows = candidate_table(known, known.tried(straight.compound))
    assert (rows["above_lowest"].dropna() >= 0).all()
    assert (rows["minimum"] == 0).sum() == found.times_found


def test_patterns_are_borrowed_until_nothing_is_new(straight, searched, springs, tmp_path):
    """The chloride is given straight only; its iodide knows the tilt."""
    shutil.copytree(searched[0], tmp_path, dirs_exist_ok=True)
    starts = [straight, start("chloride", cubic("Pb", "Cl", "Cs", bond=2.85))]
    settings = SearchSettings(("given", "substitute"))
    outcomes = run(starts, tmp_path, springs, settings, targets=Targets(halides=("Cl", "I")))
    known = open_search(starts, tmp_path)
    lowest, given = known.lowest(starts[1].compound), known.store[outcomes[0].id]
    assert given.record["parent"] == "chloride"
    assert (lowest.record["strategy"], lowest.record["parameters"]) == ("substitute", {"swap": {"I": "Cl"}})
    assert lowest.energy < given.energy - 0.1
    assert lowest.record["root"] == known.lowest(straight.compound).record["root"]
    assert run(starts, tmp_path, springs, settings, targets=Targets(halides=("Cl", "I"))) == []
    assert list(untried(known, [straight.compound, starts[1].compound], settings)) == []


def test_a_pattern_that_was_rearranged_is_lent_to_compounds_that_tried_the_old_one(straight, springs, tmp_path):
    halides = Targets(halides=("Cl", "I"))
    borrow = SearchSettings(("given", "substitute"))
    given, borrowed = run([straight], tmp_path, springs, borrow, targets=halides)
    assert borrowed.record["root"] == given.id
    run([straight], tmp_path, springs, SearchSettings(("tilt",)))
    (again,) = run([straight], tmp_path, springs, borrow, targets=halides)
    assert again.compound == borrowed.compound
    assert "_tilt_" in again.record["parent"]
    assert again.energy < borrowed.energy - 0.1


def three(known, compound):
    """Cubic cells of three sizes, for a search that takes no time."""
    for bond in (3.1, 3.15, 3.2):
        yield Candidate(compound, "own", "nowhere", lambda bond=bond: cubic("Pb", "I", "Cs", bond=bond), {"bond": bond})


def test_what_is_left_to_try_is_what_a_search_tries_next(own_strategy, straight, springs, tmp_path):
    own_strategy(three)
    settings, compounds = SearchSettings(("given", "own")), [straight.compound]
    known = open_search([straight], tmp_path)  # no potential
    left = [candidate.id for candidate in untried(known, compounds, settings)]
    assert len(left) == len(set(left)) == 4
    short = SearchSettings(("given", "own"), max_candidates=3)
    assert [candidate.id for candidate in untried(known, compounds, short)] == left[:3]
    assert [outcome.id for outcome in run([straight], tmp_path, springs, short)] == left[:3]
    known = open_search([straight], tmp_path)
    assert list(untried(known, compounds, short)) == []
    assert [candidate.id for candidate in untried(known, iter(compounds), settings)] == left[3:]


def test_a_search_that_was_cut_off_goes_on_without_trying_anything_twice(own_strategy, straight, springs, tmp_path):
    own_strategy(three)
    settings = SearchSettings(("own", "given"))
    whole = run([straight], tmp_path / "whole", springs, settings)
    calls = Octahedra.calls
    begun = search_minima([straight], tmp_path / "cut", settings=settings, calculator=springs, potential="springs")
    early = [next(begun) for _ in range(2)]
    begun.close()
    (tmp_path / "cut" / "candidates" / ".half.json.tmp").write_text("{")  # what a kill may leave
    late = run([straight], tmp_path / "cut", springs, settings)
    assert [o.id for o in (*early, *late)] == [o.id for o in whole]
    assert Octahedra.calls == 2 * calls
    np.testing.assert_allclose([o.energy for o in (*early, *late)], [o.energy for o in whole])


def test_a_family_in_work_is_left_to_its_worker(straight, springs, tmp_path):
    begun = search_minima([straight], tmp_path, settings=GIVEN, calculator=springs, potential="springs")
    next(begun)
    assert run([straight], tmp_path, springs) == []
    begun.close()
    assert run([straight], tmp_path, springs) == [], "its one candidate was recorded before the worker stopped"


def test_a_user_adds_a_strategy_and_what_becomes_another_compound_is_recorded_as_such(
    own_strategy, straight, springs, tmp_path
):
    @own_strategy
    def wrong(known, compound):
        """A bromide for an iodide."""
        yield Candidate(compound, "own", "nowhere", lambda: cubic("Pb", "Br", "Cs", bond=3.0), {"try": 1})
        yield Candidate(compound, "own", "nowhere", lambda: cubic("Pb", "I", "Cs", bond=3.1), {"try": 2})

    outcomes = run([straight], tmp_path, springs, SearchSettings(("own",)))
    assert [o.record["status"] for o in outcomes] == ["other compound", "minimum"]
    assert outcomes[0].record["reason"] == "halides: 'Br', not 'I'"
    found = state(open_search([straight], tmp_path), straight.compound)
    assert (found.candidates, found.others, found.minima) == (2, 1, 1)


def test_a_candidate_that_cannot_be_made_costs_one_record(own_strategy, straight, springs, tmp_path):
    @own_strategy
    def broken(known, compound):
        def make():
            raise BuildError("no room for the molecule")

        yield Candidate(compound, "own", "nowhere", make)

    (outcome,) = run([straight], tmp_path, springs, SearchSettings(("own",)))
    assert outcome.record["status"] == "failed"
    assert "no room" in outcome.record["reason"]


def test_a_relaxation_that_runs_out_of_steps_is_no_minimum(straight, springs, tmp_path):
    settings = SearchSettings(("given",), relax=RelaxSettings(1e-6, 1e-6, max_steps=1))
    (outcome,) = run([straight], tmp_path, springs, settings)
    assert outcome.record["status"] == "not converged"
    assert state(open_search([straight], tmp_path), straight.compound).lowest == ""


def test_most_candidates_of_a_compound(own_strategy, straight, springs, tmp_path):
    own_strategy(three)
    assert len(run([straight], tmp_path, springs, SearchSettings(("own",), max_candidates=2))) == 2


def test_unknown_strategies_and_broken_records_are_refused(straight, springs, tmp_path):
    with pytest.raises(SearchError, match="unknown strategy"):
        run([straight], tmp_path, springs, SearchSettings(("guess",)))
    with pytest.raises(SearchError, match="already"):
        register_strategy("given")(three)
    (tmp_path / "candidates").mkdir(exist_ok=True)
    (tmp_path / "candidates" / "half.json").write_text("{}")
    with pytest.raises(SearchError, match=r"half\.json"):
        run([straight], tmp_path, springs)


def test_minima_of_one_family_are_labelled_but_those_that_have_a_label(straight, springs, tmp_path):
    items = run([straight], tmp_path / "a", springs, labels=LabelChoice())
    labels = [item for item in items if isinstance(item, dict)]
    known = open_search([straight], tmp_path / "a")
    assert [record["name"] for record in labels] == [known.lowest(straight.compound).id]
    assert labels[0]["status"] == "accepted"
    assert "modes" in labels[0]
    again = LabelChoice(labelled={labels[0]["name"]})
    assert again.jobs(known, [straight.compound], tmp_path) == []
    kept = run([straight], tmp_path / "b", springs, labels=LabelChoice(labelled={"straight"}))
    assert not [item for item in kept if isinstance(item, dict)]


def test_records_are_plain_json_without_folders(straight, springs, tmp_path):
    run([straight], tmp_path, springs)
    (path,) = (tmp_path / "candidates").glob("*.json")
    record = json.loads(path.read_text())
    assert str(tmp_path) not in path.read_text()
    assert record["id"] == path.stem
    assert Compound.from_record(record["compound"]) == straight.compound
