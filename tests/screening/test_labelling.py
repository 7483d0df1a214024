"""Rung (c): hits are searched, labelled by a potential, and ranked by their labels."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from ase.io import write
from pymatgen.io.ase import AseAtomsAdaptor
from typer.testing import CliRunner

from perovex.cli.main import app
from perovex.cli.screen import for_reading
from perovex.errors import LabelError, PerovexError
from perovex.minima import Outcome, OutcomeStore
from perovex.minima.campaign import CANDIDATES, LABELS
from perovex.report.screen_page import screen_page
from perovex.screening import Goal, LabelOptions, Options, Question, label_hits, screen
from perovex.screening.model import TARGETS

POTENTIAL = "springs"


def searched(starts, out, *, potential, labels, fails=False, **_):
    """Find every crystal as it is given, and label it: isotropic, with moduli that rise from crystal to crystal."""
    store = OutcomeStore(Path(out) / CANDIDATES)
    for number, start in enumerate(starts):
        atoms = AseAtomsAdaptor.get_atoms(start.structure, msonable=False)
        name = f"{start.compound.name}_given"
        record = {
            "id": name, "number": 0, "compound": start.compound.to_record(), "strategy": "given", "parent": start.name,
            "parameters": {}, "root": name, "origin": start.origin, "status": "failed" if fails else "minimum",
            "reason": "BuildError: it broke" if fails else "", "energy_per_metal_eV": -100.0,
        }  # fmt: skip
        store.add(Outcome(record, None if fails else atoms))
        yield store[name]
        if fails:
            continue
        base = Path(out) / LABELS / f"{name}@{POTENTIAL}"
        base.parent.mkdir(exist_ok=True)
        stiffness = (30.0 + number) * (np.diag([1.0, 1, 1, 0.5, 0.5, 0.5]))
        label = {"name": name, "potential": potential, "status": "accepted", "reason": "", "C_GPa": stiffness.tolist()}
        base.with_name(f"{base.name}.json").write_text(json.dumps(label))
        write(base.with_name(f"{base.name}.extxyz"), atoms, format="extxyz")
        yield label


@pytest.fixture(scope="module")
def question():
    return Question(halides=("Br",))


@pytest.fixture(scope="module")
def screened(question):
    spacers = ["CCCC[NH3+]", "[NH3+]CCCCCC[NH3+]", "CCCCCO"]
    return screen(spacers, question, Options(Goal("soft", "E_vrh")))


def labelled_by(monkeypatch, screened, question, folder, count=1, **how):
    monkeypatch.setattr("perovex.screening.labelling.search_minima", partial(searched, **how))
    return label_hits(screened, question, LabelOptions(count, POTENTIAL), folder, calculator=object())


def test_the_best_hit_is_labelled_and_ranked_by_its_label(screened, question, tmp_path, monkeypatch) -> None:
    best = screened.hits.loc[0, "smiles"]
    labelled = labelled_by(monkeypatch, screened, question, tmp_path / "search")
    row = labelled.hits.set_index("smiles").loc[best]
    assert row["label_error"] == ""
    assert row["rung"] == "c"
    assert [row[f"labelled_{name}"] for name in TARGETS] == pytest.approx([30.0] * 3)
    assert row["label_statement"].endswith(
        "lowest found once by 1 strategy out of 1 candidates; 1 minimum, 1 within 25 meV per metal"
    )
    assert row["label_start"].startswith("made from ")
    assert row["score"] == pytest.approx(-np.log(30.0))
    assert labelled.hits["smiles"].tolist()[-1] == best  # the softest by rung (a) is the stiffest by its label
    assert labelled.hits["rung"].tolist() == ["a", "c"]
    assert labelled.hits["rank"].tolist() == [1, 2]
    assert "searched and labelled by springs: 1 of 1 hits; intervals of rung (a)" in labelled.statements[-1]
    assert "Minima searched and labelled (rung c)" in screen_page(labelled, question).html()
    assert for_reading(labelled.hits)["labelled (GPa)"].tolist() == ["", "30.0 / 30.0 / 30.0"]


def test_soft_modes_are_frozen_in_labels_where_they_are_in_the_screen(screened, tmp_path, monkeypatch) -> None:
    frozen = Question(halides=("Br",), moduli="soft_frozen")
    labelled = labelled_by(monkeypatch, screened, frozen, tmp_path / "search")
    assert labelled.hits["labelled_E_vrh"].isna().all()
    assert labelled.hits.loc[0, "label_error"] == "the label has no soft_frozen moduli"
    assert set(labelled.hits["rung"]) == {"a"}


def test_a_hit_without_a_minimum_or_a_crystal_costs_its_row(screened, question, tmp_path, monkeypatch) -> None:
    labelled = labelled_by(monkeypatch, screened, question, tmp_path / "search", fails=True)
    assert labelled.hits.loc[0, "label_error"] == "BuildError: it broke"
    assert "no minimum among 1 candidates" in labelled.hits.loc[0, "label_statement"]

    def fails(*_):
        raise PerovexError("no room")

    monkeypatch.setattr("perovex.screening.labelling.start_crystal", fails)
    labelled = labelled_by(monkeypatch, screened, question, tmp_path / "other")
    assert labelled.hits.loc[0, "label_error"] == "no room"
    assert set(labelled.hits["rung"]) == {"a"}


def test_an_unknown_potential_is_refused_before_work(screened, question, tmp_path) -> None:
    with pytest.raises(LabelError, match="unknown potential"):
        label_hits(screened, question, LabelOptions(1, "no-such-potential"), tmp_path / "search")
    assert not (tmp_path / "search").exists()
    with pytest.raises(PerovexError, match="0 hits to label"):
        LabelOptions(0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--label", "1"), "--label and --search belong together"),
        (("--label", "1", "--search", "new", "--potential", "no-such-potential"), "unknown potential"),
        (("--label", "1", "--search", "spacers.smi", "--potential", "ase.calculators.emt:EMT"), "spacers.smi"),
    ],
)
def test_the_command_refuses_before_it_screens(options, said, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("perovex.screening.screen", lambda *_, **__: pytest.fail("work was begun"))
    Path("spacers.smi").write_text("CCCC[NH3+]\n")
    done = CliRunner().invoke(app, ["screen", "spacers.smi", *options])
    assert done.exit_code != 0
    assert said in f"{done.output}{done.exception}"
    assert not Path("new").exists()
