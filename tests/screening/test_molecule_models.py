"""Rung (a): what it reads, what it says of itself, and that it answers as it did when it was measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from perovex.building.compound import Compound
from perovex.datasets import load_elastic
from perovex.errors import BuildError, ModelFileError, PerovexError
from perovex.prediction import default_models
from perovex.screening.features import FEATURES, crossed, feature_table
from perovex.screening.model import TARGETS, cage_name, molecule_models, molecule_tables, predict_features
from perovex.screening.rungs import rung_of


@pytest.fixture(scope="module", params=["relaxed", "soft_frozen"])
def bundle(request):
    return molecule_models(request.param)


def test_features_of_a_table_and_of_a_product_are_the_same() -> None:
    spacers, compositions = ["CCCC[NH3+]", "[NH3+]CCc1ccccc1"], [("Pb", "I", 1), ("Sn", "Br", 2)]
    compounds, features = crossed(spacers, compositions)
    pd.testing.assert_frame_equal(feature_table(compounds), features)


def test_a_racemate_is_described_as_its_molecules() -> None:
    both = pd.DataFrame({"smiles": ["C[C@H]([NH3+])c1ccccc1.C[C@@H]([NH3+])c1ccccc1", "CC([NH3+])c1ccccc1"]})
    first, second = feature_table(both.assign(metal="Pb", halide="I", n=1)).to_numpy()
    assert first.tolist() == second.tolist()


def test_an_unknown_metal_is_named() -> None:
    with pytest.raises(BuildError, match="unknown metal 'Xx'"):
        crossed(["CCCC[NH3+]"], [("Xx", "I", 1)])


def test_two_metals_count_by_their_mean_radius():
    _, features = crossed(["CCCC[NH3+]"], [(metal, "Br", 1) for metal in ("Ag.Bi", "Ag", "Bi")])
    both, silver, bismuth = features["metal_radius"]
    assert both == pytest.approx((silver + bismuth) / 2)
    with pytest.raises(BuildError, match="Xx"):
        crossed(["CCCC[NH3+]"], [("Ag.Xx", "I", 1)])


def test_every_target_carries_its_measured_accuracy_and_baselines(bundle) -> None:
    rung = rung_of(bundle)
    assert (rung.letter, rung.name) == ("a", "molecule and composition")
    for target in TARGETS:
        known = rung.accuracy[target]
        assert known["MAE"][1] < known["MAE"][0] < known["MAE"][2]
        assert known["MAE"][0] < known["mean MAE"][0]
        assert {"like spacers R2", "within", "coverage", "nearest neighbour MAE", "linear MAE"} <= set(known)
        assert 0.8 < known["coverage"][0] < 0.97
        assert "held-out spacers" in rung.sentence(target)


def test_bundled_models_are_those_of_the_newest_data(bundle) -> None:
    data = load_elastic(moduli=bundle.manifest["training"]["moduli"])
    X, _, _, _ = molecule_tables(data)
    assert bundle.manifest["training"]["data_checksum"] == data.checksum
    pd.testing.assert_frame_equal(bundle.known.X, X, check_names=False, check_index_type=False)


def test_intervals_are_wider_where_nothing_was_learnt(bundle) -> None:
    _, near = crossed(["[NH3+]CCCC[NH3+]"], [("Pb", "I", 1)])
    _, far = crossed(["C" * 22 + "[NH3+]"], [("Pb", "I", 1)])
    width = [np.log(p["E_vrh_upper"] / p["E_vrh_lower"]).iloc[0] for p in (
        predict_features(near, bundle), predict_features(far, bundle)
    )]  # fmt: skip
    assert width[0] < width[1]
    told = predict_features(far, bundle, reasons=True)
    assert not told["in_domain"].iloc[0]
    assert "eccentricity_head" in told["domain_reason"].iloc[0]


def test_the_order_of_rows_does_not_matter(bundle) -> None:
    _, features = crossed(["CCCC[NH3+]", "[NH3+]CCc1ccccc1", "CCC[NH3+]"], [("Pb", "I", 1), ("Pb", "Cl", 3)])
    forward = predict_features(features, bundle)
    backward = predict_features(features.iloc[::-1], bundle).iloc[::-1]
    pd.testing.assert_frame_equal(forward, backward, rtol=1e-9)


def test_models_that_need_a_structure_are_refused() -> None:
    with pytest.raises(ModelFileError, match="need a crystal structure"):
        molecule_models(folder=default_models())


def test_columns_are_descriptors_of_the_registry_or_the_composition(bundle) -> None:
    assert bundle.feature_names == list(FEATURES)
    assert all(item["version"] for item in bundle.manifest["descriptors"])


def _spacers_that_cannot_be_built(moduli):
    data = load_elastic(moduli=moduli)
    layered = data.table[np.isfinite(data.table["n_layers"])]
    readable = pd.Series(index=layered.index, dtype=bool)
    for name, row in layered.iterrows():
        spacer = row["spacer_smiles"].split(".")[0]
        try:
            Compound.read(spacer, row["metal"], row["halide"], row["n_layers"], cage_name(row["cage"]))
            readable[name] = True
        except PerovexError:
            readable[name] = False
    return int((~readable.groupby(data.groups[layered.index]).any()).sum())


def test_rung_b_is_compared_on_the_same_spacers_and_used_only_where_better(bundle) -> None:
    training = bundle.manifest["training"]
    built = training["n_groups"] - _spacers_that_cannot_be_built(training["moduli"])
    for target in TARGETS:
        measured = bundle.manifest["rungs"][target]
        assert measured["n_groups"] == built
        for part in (measured, measured["like spacers"]):
            assert (part["best"] == "b") == (part["b - a"][2] < 0)
            assert part["b - a"][0] == pytest.approx(part["b"][0] - part["a"][0])
            assert part["relaxed"][0] < part["b"][0] + 0.2  # no guess is much better than knowing
