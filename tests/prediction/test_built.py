"""Compounds without a structure: one answer for one cation, averaged over builds, one row each."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from perovex import perceive
from perovex._extras import install_command
from perovex.building import build_layered
from perovex.building.compound import Compound, read_compounds
from perovex.errors import BuildError, LabelError
from perovex.prediction import built, load_models, predict, predict_compounds, predict_new, relatives

BA = ("CCCC[NH3+]", "[NH3+]CCCC", "C(CCC)[NH3+]")


@pytest.fixture(scope="module")
def bundle():
    return load_models()


@pytest.fixture
def quick(monkeypatch, elastic_data):
    """A builder that takes no time: a known crystal, strained by its seed."""
    asked = []

    def build(spacer, metal, halide, n, cage, stacking, *, random_state=0):
        asked.append((spacer, metal, halide, n, cage, stacking, random_state))
        if halide == "F":
            raise BuildError("no room")
        crystal = elastic_data.structures["BA2PbI4"].copy()
        crystal.apply_strain([0, 0, 0.02 * (random_state % 5)])
        crystal.properties = {"build": {"spacer_smiles": spacer}}
        return crystal

    monkeypatch.setattr(built, "build_layered", build)
    monkeypatch.setattr(relatives, "known_crystals", lambda _: ())
    monkeypatch.setattr(built, "patterns_of_like_spacers", lambda *_, **__: [])
    return asked


def test_a_compound_starts_from_a_known_relative_unless_told_otherwise(monkeypatch, elastic_data, bundle):
    asked = []

    def build(*wanted, random_state=0):
        asked.append((*wanted, random_state))
        return elastic_data.structures["BA2PbI4"].copy()

    monkeypatch.setattr(built, "build_layered", build)
    row = predict_new(BA[0], metal="Sn", models=bundle).iloc[0]
    assert (asked, row["builds"], row["metal"], row["formula"]) == ([], 1, "Sn", "(C4H9NH3)2SnI4")
    assert any(note.startswith("geometry of BA2PbI4, Sn for Pb, not relaxed") for note in row["warnings"])
    # no butylammonium crystal lies eclipsed here, and nobody knows the spacer of the second; one build is from nothing
    predict_new(BA[0], halide="Cl", stacking="eclipsed", n_builds=1, models=bundle)
    predict_new("CCCCCCCCCCC[NH3+]", n_builds=1, models=bundle)
    predict_new(BA[0], halide="Cl", start="scratch", n_builds=1, models=bundle)
    assert [call[0] for call in asked] == [BA[0], "CCCCCCCCCCC[NH3+]", BA[0]]


def test_one_cation_has_one_crystal_however_it_is_spelled():
    first, *others = (build_layered(smiles, n_trials=1) for smiles in BA)
    for other in others:
        assert np.array_equal(first.cart_coords, other.cart_coords)
        assert np.array_equal(first.lattice.matrix, other.lattice.matrix)


def test_three_spellings_give_one_row_three_times(quick, bundle):
    table = predict_new(list(BA), n_builds=2, models=bundle)
    assert list(table.index) == list(BA)
    assert {call[0] for call in quick} == {"CCCC[NH3+]"}
    numbers = table.select_dtypes("number")
    pd.testing.assert_frame_equal(numbers, numbers.iloc[[0, 0, 0]].set_axis(numbers.index))


def test_builds_are_averaged_and_their_spread_is_said(quick, bundle, elastic_data):
    row = predict_new(BA[0], n_builds=3, models=bundle).iloc[0]
    assert row["builds"] == 3
    assert quick[0][-1] == 0  # the first build is that of `build_layered`
    crystals = []
    for call in quick:
        crystal = elastic_data.structures["BA2PbI4"].copy()
        crystal.apply_strain([0, 0, 0.02 * (call[-1] % 5)])
        crystals.append(crystal)
    each = predict(crystals, models=bundle)
    for target in bundle.regressors:
        assert row[target] == pytest.approx(np.exp(np.log(each[target]).mean()))
        assert row[f"{target}_min_of_builds"] == pytest.approx(each[target].min())
        assert row[f"{target}_max_of_builds"] == pytest.approx(each[target].max())
    assert any(note.startswith("mean of 3 builds, which predict ") for note in row["warnings"])
    assert row["known_as"] == "BA2PbI4"


def test_a_failed_compound_costs_its_row(quick, bundle):
    rows = pd.DataFrame({"smiles": [BA[0], "CCN", BA[1], ""], "halide": ["i", "I", "F", "I"], "note": "mine"})
    table = predict_compounds(read_compounds(rows), n_builds=1, models=bundle)
    assert table["E_vrh"].notna().tolist() == [True, False, False, False]
    assert table["builds"].tolist() == [1, 0, 0, 0]
    assert "BuildError: no room" in table["error"].iloc[2]
    assert "the SMILES is empty" in table["error"].iloc[3]
    with pytest.raises(BuildError, match="no room"):
        predict_new(BA[0], halide="F", n_builds=2, models=bundle)


def test_a_metal_that_nothing_is_built_with_is_refused_before_known_crystals_are_read(quick, monkeypatch, bundle):
    monkeypatch.setattr(relatives, "known_crystals", lambda _: pytest.fail("read"))
    with pytest.raises(BuildError, match="no octahedral radius is known for the metal 'Au'"):
        predict_new(BA[0], metal="au", models=bundle)
    table = predict_compounds(read_compounds(pd.DataFrame({"smiles": [BA[0]], "metal": ["Au"]})), models=bundle)
    assert "the metal 'Au'" in table["error"].iloc[0]
    assert not quick


def test_a_missing_extra_is_named_before_anything_is_built(quick, monkeypatch):
    monkeypatch.setattr("perovex.elasticity.potentials.by_name.find_spec", lambda _: None)
    said = f"needs sevenn and dftd3, not installed here ({install_command('labels')})"
    with pytest.raises(LabelError, match=re.escape(said)):
        predict_new(BA[0], relax=True)
    with pytest.raises(LabelError, match="unknown potential"):
        predict_new(BA[0], relax="none")
    assert quick == []


@pytest.fixture
def relaxes(monkeypatch):
    """A potential that takes no time: the crystal as it is, iodides lowest, and no chloride survives it."""
    energies = {"Br for I": -3.0, "Br for Cl": -2.0}
    asked = []

    def relax(structure, potential):
        steps = structure.properties.get("build", {}).get("steps", "")
        asked.append(steps)
        if steps == "Cl for Br":
            raise BuildError("fell apart")
        done = structure.copy()
        done.properties["relaxation"] = {"energy_per_atom": energies.get(steps, -1.0), "potential": potential}
        return done

    monkeypatch.setattr(built, "require_potential", lambda _: None)
    monkeypatch.setattr(built, "relax_by_potential", relax)
    return asked


@pytest.fixture
def unknown(monkeypatch):
    """Make all crystals of one halide unknown, and those with more than one sheet."""

    def forget(halide):
        known = relatives.known_crystals

        def remembered(spacer):
            return tuple(c for c in known(spacer) if c.halides != (halide,) and c.n_layers == 1)

        monkeypatch.setattr(relatives, "known_crystals", remembered)

    return forget


def test_of_several_relaxed_relatives_the_lowest_counts(relaxes, unknown, bundle):
    unknown("Br")
    row = predict_new(BA[0], halide="Br", relax=True, models=bundle).iloc[0]
    assert {"Br for Cl", "Br for I"} <= set(relaxes)
    assert len(relaxes) <= built.N_BUILDS
    assert row["builds"] == 1
    note = next(note for note in row["warnings"] if note.startswith("geometry of"))
    assert f"Br for I, relaxed, the lowest of {len(relaxes)} made of relatives" in note
    alone = predict_new(BA[0], halide="Br", relax=True, n_builds=1, models=bundle).iloc[0]
    assert relaxes[-1] == "Br for Cl"  # the nearest relative, by the length of its bonds
    assert "the lowest of" not in "".join(alone["warnings"])


def test_a_relative_that_does_not_survive_relaxing_costs_nothing_where_another_does(relaxes, unknown, bundle):
    unknown("Cl")
    row = predict_new(BA[0], halide="Cl", relax=True, models=bundle).iloc[0]
    assert "Cl for Br" in relaxes
    assert "Cl for I, relaxed" in "".join(row["warnings"])


def test_of_builds_that_were_relaxed_the_lowest_counts_whatever_it_was_made_of(quick, relaxes, monkeypatch, bundle):
    row = predict_new(BA[0], relax=True, models=bundle).iloc[0]
    assert (row["builds"], len(relaxes)) == (1, built.N_BUILDS)
    (said,) = [note for note in row["warnings"] if note.startswith("geometry")]
    assert said == "geometry built and relaxed, the lowest of 4: how far that moves predictions was not measured"
    assert not any("other packings" in note for note in row["warnings"])

    def alike(compound, seed, most):
        crystal = built.build_layered(compound.spacer, "Pb", "I", 1, "MA", None, random_state=1)
        crystal.properties = {"build": {"like": "PEA2PbI4", "steps": "Br for I"}}
        return [crystal]

    monkeypatch.setattr(built, "patterns_of_like_spacers", alike)
    row = predict_new(BA[0], relax=True, models=bundle).iloc[0]
    (said,) = [note for note in row["warnings"] if note.startswith("geometry")]
    assert said.startswith(
        "geometry of PEA2PbI4, Br for I and relaxed, the lowest of 4, 1 of them made of like spacers: "
    )
    moves = bundle.manifest["built_geometry"]["relaxed"]["moves"]["E_in_plane"]
    assert f"{moves:g} GPa (E_in_plane)" in said


def test_where_no_crystal_of_the_spacer_is_known_half_of_the_builds_are_made_of_like_spacers(monkeypatch, bundle):
    unknown = "CCCCCCCCCCC[NH3+]"
    row = predict_new(unknown, n_builds=2, models=bundle).iloc[0]
    assert (row["builds"], row["formula"]) == (2, "(C11H23NH3)2PbI4")
    (said,) = [note for note in row["warnings"] if note.startswith("geometr")]
    moves = bundle.manifest["built_geometry"]["built_and_like"]["moves"]["E_out_of_plane"]
    assert re.match(
        r"geometries of like spacers, cations exchanged \(\w+\), and 1 built from nothing, not relaxed: ", said
    )
    assert f"{moves:g} GPa (E_out_of_plane)" in said
    monkeypatch.setattr(built, "patterns_of_like_spacers", lambda *_, **__: pytest.fail("asked"))
    for start in ("same_spacer", "scratch"):
        other = predict_new(unknown, n_builds=1, start=start, models=bundle).iloc[0]
        assert other["E_vrh"] != row["E_vrh"]
        assert any(note.startswith("geometry built, not relaxed") for note in other["warnings"])


def test_crystals_of_like_spacers_are_the_compound_of_the_halide_that_is_asked():
    compound = Compound.read("CCCCCCC[NH3+]", halide="Cl")
    made = relatives.patterns_of_like_spacers(compound, most=2)
    assert len({structure.properties["build"]["like"] for structure in made}) == 2
    for structure in made:
        crystal = perceive(structure)
        assert crystal.halides == ("Cl",)
        assert {molecule.smiles for molecule in crystal.spacers} == {compound.spacer}
    assert relatives.patterns_of_like_spacers(Compound.read(compound.spacer, halide="Br0.5I0.5")) == []
    assert relatives.patterns_of_like_spacers(compound, most=0) == []


def test_mixed_halides_are_made_from_a_relative_and_lie_outside_by_name(bundle):
    row = predict_new(BA[0], halide="axial=Br,equatorial=I", models=bundle).iloc[0]
    assert (row["formula"], row["halide"], row["builds"]) == ("(C4H9NH3)2PbBr2I2", "Br/I", 1)
    assert not row["in_domain"]
    assert "mixed halide Br/I was never seen in training" in row["domain_reason"]
    assert any("Br terminal, I equatorial" in note and "was not measured" in note for note in row["warnings"])


def test_halides_at_random_are_spread_anew_for_every_build(bundle):
    row = predict_new(BA[0], halide="Br0.5I0.5", n_builds=2, models=bundle).iloc[0]
    assert row["builds"] == 2
    assert row["E_vrh_min_of_builds"] < row["E_vrh_max_of_builds"]
    assert any(note.startswith("mean of 2 builds") for note in row["warnings"])
    again = predict_new(BA[0], halide="I:1,Br:1", n_builds=2, models=bundle).iloc[0]
    assert again["E_vrh"] == row["E_vrh"]
