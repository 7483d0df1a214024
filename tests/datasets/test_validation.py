"""Labels beside independent values: the comparison itself on made-up labels whose deviations are known."""

import io
from dataclasses import replace

import ase.io
import numpy as np
import pandas as pd
import pytest
from ase import Atoms
from ase.cell import Cell

from perovex.cli.validate_labels import _narrow
from perovex.datasets import audit, data_root, load_elastic
from perovex.datasets.quality.references import validate_labels_against_references
from perovex.datasets.quality.trends import LONGER_IS_SOFTER, SOFTER_THAN_3D, _answer, stiffer_halide, trends
from perovex.datasets.quality.words import TREND_WORDS, rejections_in_words, trends_in_words
from perovex.elasticity.labels.causes import CAUSES, NEGATIVE_MODE, NOT_CONVERGED
from perovex.elasticity.labels.words import CAUSE_WORDS


@pytest.fixture(scope="module")
def references():
    return pd.read_csv(data_root() / "reference" / "lattice_parameters.csv")


def cell_of(references, crystal, method):
    row = references[(references["crystal_id"] == crystal) & (references["method"] == method)].iloc[0]
    return row[["a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg"]].astype(float).tolist()


def made_up(cells, causes=None):
    """Data set with relaxed crystals of the given cells; causes reject some."""
    causes = causes or {}
    data = load_elastic()
    row = data.labels.iloc[0]
    labels = pd.DataFrame(
        {
            f"{name}@{data.potential}": row.to_dict()
            | {
                "crystal_id": name,
                "potential": data.potential,
                "causes": causes.get(name, ""),
                "status": "rejected" if name in causes else "accepted",
            }
            for name in cells
        }
    ).T
    labels.index.name = "label_id"
    fake = replace(data, labels=labels.astype({"n_layers": float, "E_out_of_plane": float, "E_in_plane": float}))
    text = io.StringIO()
    for name, cell in cells.items():
        crystal = Atoms("Pb", cell=cell, pbc=True, info={"label_id": f"{name}@{data.potential}"})
        ase.io.write(text, crystal, format="extxyz")
    fake.__dict__["_structure_text"] = text.getvalue()
    return fake


def test_reference_volumes_follow_from_their_cells(references):
    assert references["crystal_id"].nunique() == 15
    assert set(references.groupby("crystal_id")["method"].nunique()) == {6}
    assert references["doi_of_experiment"].str.startswith("10.").all()
    volumes = [Cell.fromcellpar(row).volume for row in references.iloc[:, 2:8].astype(float).to_numpy()]
    np.testing.assert_allclose(volumes, references["volume_A3"], rtol=1.5e-3)  # lengths are rounded to 0.01 Å


def test_a_label_equal_to_one_method_deviates_by_what_the_methods_differ(references):
    own = cell_of(references, "rac-MBA2PbI4", "PBE-D3(BJ)")
    turned = [own[2], own[0], own[1], own[5], own[3], 180 - own[4]]  # axes renamed, one reversed
    result = validate_labels_against_references(made_up({"rac-MBA2PbI4": turned}))
    rows = result.lattice.set_index("method")
    assert len(rows) == 6
    same = rows.loc["PBE-D3(BJ)"]
    assert abs(same[["a_percent", "b_percent", "c_percent"]].astype(float)).max() < 1e-9
    assert same["largest_angle_deg"] == pytest.approx(0, abs=1e-9)
    a, measured = own[0], cell_of(references, "rac-MBA2PbI4", "experiment")[0]
    assert rows.loc["experiment", "a_percent"] == pytest.approx(100 * (a / measured - 1))
    errors = result.lattice_errors.set_index("method")
    assert errors.loc["experiment", ["crystals", "of"]].tolist() == [1, 15]
    assert errors.loc["experiment", "mean_absolute_length_percent"] == pytest.approx(
        errors.loc["PBE-D3(BJ)", "method_against_experiment_mean_absolute_length_percent"]
    )


def test_cells_that_do_not_compare_are_left_out(references):
    good = cell_of(references, "S-MBA2PbI4", "PBE-D3(BJ)")
    doubled = cell_of(references, "BA2PbI4", "PBE-D3(BJ)")
    doubled[0] *= 2
    cells = {"S-MBA2PbI4": good, "R-MBA2PbI4": good, "R-MBA2SnI4": good, "BA2PbI4": doubled, "elsewhere": good}
    data = made_up(cells, {"R-MBA2PbI4": NOT_CONVERGED, "R-MBA2SnI4": NEGATIVE_MODE})
    lattice = validate_labels_against_references(data).lattice
    assert set(lattice["crystal"]) == {"S-MBA2PbI4", "R-MBA2SnI4"}
    assert set(lattice.loc[lattice["crystal"] == "R-MBA2SnI4", "status"]) == {"rejected"}


def test_no_reference_crystal_in_the_data_gives_empty_tables(references):
    result = validate_labels_against_references(made_up({"elsewhere": cell_of(references, "BA2PbI4", "PBE")}))
    assert result.lattice.empty
    assert result.lattice_errors.empty
    assert result.to_dict()["lattice"] == []


@pytest.mark.parametrize(
    ("signs", "answer", "p"),
    [([1] * 6, "yes", 2 / 64), ([-1] * 6, "no", 2 / 64), ([1] * 5, "undecided", 2 / 32), ([1, -1] * 5, "undecided", 1)],
)
def test_sign_test_counts_groups(signs, answer, p):
    differences = [(f"spacer {k}", sign * size) for k, sign in enumerate(signs) for size in (3.0, -1.0)]
    row = _answer(differences)
    assert (row["answer"], row["groups"], row["comparisons"]) == (answer, len(signs), 2 * len(signs))
    assert row["p_value"] == pytest.approx(p)
    assert row["share_lower"] < row["share"] + 1e-12
    assert row["share"] < row["share_upper"] + 1e-12


def test_ties_speak_for_neither_side():
    """Six spacers agree and four tie: the sign test is that of the six."""
    differences = [(f"spacer {k}", 2.0 if k < 6 else 0.0) for k in range(10)]
    row = _answer(differences)
    assert (row["answer"], row["groups"], row["comparisons"], row["share"]) == ("yes", 6, 6, 1.0)
    assert row["p_value"] == pytest.approx(2 / 64)
    assert row["median_difference_GPa"] == 2.0
    balanced = _answer([*differences, ("spacer 10", 1.0), ("spacer 10", -1.0)])
    assert (balanced["groups"], balanced["comparisons"], balanced["agreeing"]) == (6, 8, 7)
    tied = _answer([("one", 1.0), ("one", -1.0), ("other", 0.0)])
    assert _narrow(pd.DataFrame([{"trend": "key", "statement": "trend"} | tied])).strip() == "undecided trend"
    assert (tied["answer"], tied["groups"], tied["median_difference_GPa"]) == ("undecided", 0, 0.0)


def test_nothing_to_compare_is_untested():
    row = _answer([])
    assert row["answer"] == "untested"
    assert np.isnan(row["p_value"])


def test_trends_find_what_was_put_in():
    spacers = ["[NH3+]" + "C" * k + "[NH3+]" for k in range(2, 9)]
    rows = [
        {
            "spacer_smiles": spacer,
            "n_layers": 1.0,
            "metal": "Pb",
            "halide": halide,
            "E_in_plane": {"Cl": 20.0, "Br": 15.0, "I": 10.0}[halide],
            "E_out_of_plane": 10.0 - k,
        }
        for k, spacer in enumerate(spacers)
        for halide in ("Cl", "Br", "I")
    ]
    network = {"spacer_smiles": "", "n_layers": np.inf, "metal": "Pb", "E_in_plane": 25.0, "E_out_of_plane": 25.0}
    table = pd.DataFrame([*rows, network | {"halide": "Br"}])
    answers = trends(table).set_index("trend")
    softer = answers.loc[SOFTER_THAN_3D]
    assert (softer["answer"], softer["comparisons"], softer["groups"]) == ("yes", 7, 7)
    in_plane = answers[answers.index.str.endswith("E_in_plane")]
    assert (in_plane["answer"] == "yes").all()
    assert in_plane["median_difference_GPa"].tolist() == [5.0, 5.0]
    ties = answers[answers.index.str.endswith("E_out_of_plane")]
    assert (ties["groups_agreeing"] == 0).all()
    chain = answers.loc[LONGER_IS_SOFTER]
    assert (chain["answer"], chain["groups"], chain["comparisons"]) == ("yes", 6, 18)


def test_every_trend_has_a_key_and_words(elastic_data):
    answers = trends_in_words(trends(elastic_data.table))
    keys = answers["trend"].tolist()
    assert (keys[0], keys[-1]) == (SOFTER_THAN_3D, LONGER_IS_SOFTER)
    assert set(keys) == set(TREND_WORDS)
    said = answers.set_index("trend").loc[stiffer_halide("Br", "I", "E_out_of_plane"), "statement"]
    assert said == "Br is stiffer than I in E_out_of_plane, same spacer and n"


def test_causes_of_rejections_have_words_beside_their_keys(elastic_data):
    rejections = audit(elastic_data).rejections
    assert set(rejections.index) <= set(CAUSES)
    said = rejections_in_words(rejections)["reason"]
    assert said.to_dict() == {cause: CAUSE_WORDS[cause] for cause in rejections.index}
