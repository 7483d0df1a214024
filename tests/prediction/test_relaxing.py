"""A built crystal relaxed: what is recorded, and what counts as a failure."""

import pytest

from perovex.crystal.examples import cubic
from perovex.errors import BuildError, LabelError
from perovex.prediction import relaxing

RECORD = {"energy": -1.0, "fmax": 0.001, "steps": 7, "converged": True}


@pytest.fixture
def asked(monkeypatch):
    """A calculator that is only named, and an engine that returns what it is told."""
    seen = {}

    def relaxed(structure, calculator, engine):
        seen.update(calculator=calculator, progress=engine.keywords["progress"])
        made = structure.copy()
        made.properties["relaxation"] = dict(seen.get("record", RECORD))
        return made

    monkeypatch.setattr(relaxing, "make_calculator", lambda name, device: (name, device))
    monkeypatch.setattr(relaxing, "relax_built", relaxed)
    return seen


def test_the_potential_of_the_labels_is_taken_and_recorded(asked):
    structure = cubic("Pb", "I", "Cs")
    done = relaxing.relax_by_potential(structure)
    assert asked == {"calculator": (relaxing.DEFAULT_POTENTIAL, "cpu"), "progress": False}
    assert done.properties["relaxation"] == RECORD | {
        "potential": relaxing.DEFAULT_POTENTIAL, "energy_per_atom": -1.0 / len(structure)
    }  # fmt: skip
    assert "relaxation" not in structure.properties
    assert relaxing.relax_by_potential(structure, "mine:factory", device="cuda").properties["relaxation"][
        "potential"
    ] == "mine:factory"  # fmt: skip
    assert asked["calculator"] == ("mine:factory", "cuda")


def test_a_relaxation_that_ran_out_of_steps_is_no_crystal(asked):
    asked["record"] = RECORD | {"converged": False, "fmax": 0.25}
    with pytest.raises(BuildError, match=r"not relaxed after 7 steps \(largest force 0.250"):
        relaxing.relax_by_potential(cubic("Pb", "I", "Cs"))


def test_an_unknown_potential_is_refused_before_any_work():
    with pytest.raises(LabelError, match="unknown potential 'nonsense'"):
        relaxing.require_potential("nonsense")
