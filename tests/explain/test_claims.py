"""Verdicts on a planted truth, on shuffled labels and on too little data."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from perovex.descriptors import REGISTRY
from perovex.errors import ClaimError
from perovex.explain import associations, collect, judge, load_claims, transfer_test
from perovex.explain.claims.finding import members, reaches, stays_below
from perovex.explain.claims.words import rates_sentence

FAMILIES = {"octahedral": ["bridge_angle_mean", "bond_angle_variance_mean"]}
RANK = {"n_resamples": 20, "n_shadow": 6}


def verdicts(data, model, y, **options):
    transfer = transfer_test(
        data.X,
        y,
        data.groups,
        source="n_layers == 1",
        target="n_layers >= 2",
        meta=data.meta,
        estimator=model,
        families=FAMILIES,
        full=False,
    )
    evidence = collect(
        model, data.X, y, data.groups, target="E", transfer=transfer, progress=False, **{**RANK, **options}
    )
    return judge(load_claims(), evidence)


def test_planted_truth_is_found(planted, regressor):
    found = {v.id: v for v in verdicts(planted, regressor, planted.y)}
    assert found["dominant-descriptors"].verdict == "supported"
    assert found["inverse-with-non-stiffness"].verdict == "supported"
    # Octahedral deformation was planted as noise.
    assert found["octahedral-deformation"].verdict == "not supported"
    assert found["single-to-multilayer"].n_rows == 120
    for verdict in found.values():
        text = json.dumps(verdict.to_dict(), allow_nan=False)
        assert verdict.criterion in json.loads(text)["criterion"]


def test_the_opposite_sign_is_refuted(planted, regressor):
    found = {v.id: v for v in verdicts(planted, regressor, 30 - planted.y)}
    assert found["inverse-with-non-stiffness"].verdict == "not supported"


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_shuffled_labels_support_nothing(shuffled, regressor, classifier, kind):
    model, y = (regressor, shuffled.y) if kind == "regression" else (classifier, shuffled.stiff)
    assert {v.verdict for v in verdicts(shuffled, model, y)} <= {"undecided", "not supported"}


def test_tiny_data_are_undecided_with_the_reason(planted, regressor):
    rows = np.flatnonzero(planted.groups < 4)

    class Few:
        X, y, meta = planted.X.iloc[rows], planted.y.iloc[rows], planted.meta.iloc[rows]
        groups = planted.groups[rows]

    for verdict in verdicts(Few, regressor, Few.y):
        assert verdict.verdict == "undecided"
        assert "24 crystals, 40 are required" in verdict.reason
        assert verdict.n_groups == 4


def test_descriptors_that_oppose_each_other_are_judged_one_by_one(planted, regressor):
    # the mean goes with the target and the spread against it: added up, their SHAP values say nothing of either
    rng = np.random.default_rng(1)
    X = planted.X.assign(bridge_angle_min=planted.X["bridge_angle_mean"] - 5 * rng.random(len(planted.X)))
    y = planted.y + 0.4 * (X["bridge_angle_mean"] - X["bridge_angle_min"] - 2.5)
    evidence = collect(regressor, X, y, planted.groups, target="E", **RANK)
    found = {v.id: v for v in judge(load_claims(), evidence)}
    angle = found["inverse-with-non-stiffness"].evidence["bridging angle"]
    assert angle["verdict"] == "supported"
    assert list(angle["descriptors"]) == ["bridge_angle_mean"]


def test_inside_the_monte_carlo_error_nothing_is_decided():
    assert reaches(0.6, 0.5, 100)
    assert not reaches(0.52, 0.5, 100)
    assert reaches(0.52, 0.5, 10_000)
    assert stays_below(0.0, 0.05, 100)
    assert not stays_below(0.0, 0.05, 10)
    assert not stays_below(0.04, 0.05, 100)


def test_criteria_are_printed_with_their_parameters():
    table = load_claims().to_frame()
    assert "top 3" in table.loc["dominant-descriptors", "criterion"]
    assert "at least 50% of draws" in table.loc["dominant-descriptors", "criterion"]
    assert "at most 5% of draws" in table.loc["dominant-descriptors", "criterion"]
    assert "{" not in table["criterion"].str.cat()
    assert table["criterion"].str.contains(r"Set on 2026-\d\d-\d\d\.").all()


def test_rates_stand_beside_the_rule_they_were_measured_for_and_no_other():
    claims = load_claims().claims
    assert all(re.search(r"supported \d+ of \d+", c.measured) for c in claims)
    looser = replace(claims[0], parameters={**claims[0].parameters, "k": 5})
    assert looser.measured == ""
    assert "made targets" not in looser.criterion_text


def test_rates_are_counts_said_with_their_limit():
    row = {"model": "average", "truth": "false", "text": "nothing drives", "n": 20, "supported": 1, "not_supported": 9}
    text = rates_sentence([row, {**row, "text": "a source drives", "supported": 0}])
    assert "supported 1 of 40 (95 % limit 13 %), most where nothing drives (1 of 20)" in text  # Wilson's limit
    assert rates_sentence([]) == ""


def test_claims_of_others_are_judged_for_their_target_only(planted, regressor):
    evidence = collect(regressor, planted.X, planted.y, planted.groups, target="E_vrh", **RANK)
    other = {c.id for c in load_claims().claims if c.source}
    assert other == {"longer-spacers-softer", "more-layers-stiffer"}
    assert not other & {v.id for v in judge(load_claims(), evidence)}
    out_of_plane = judge(load_claims(), replace(evidence, target="E_out_of_plane"))
    assert {v.source for v in out_of_plane if v.id in other} == {"10.48550/arXiv.1803.11277"}


def test_every_descriptor_of_a_concept_has_a_verdict_of_its_own(planted, regressor):
    strata = planted.meta[["halide", "source"]]
    table = associations(planted.y, planted.X, strata, planted.groups, descriptors=["bridge_angle_mean"])
    evidence = collect(regressor, planted.X, planted.y, planted.groups, target="E", associations=table, **RANK)
    found = {v.id: v for v in judge(load_claims(), evidence)}
    assert found["dominant-descriptors"].by_concept == {"bridging angle": "supported", "STEI": "supported"}
    assert found["mean-angle-beyond-halide-n-and-source"].verdict == "supported"
    signs = found["inverse-with-non-stiffness"].evidence["STEI"]["descriptors"]
    assert {signs[name]["verdict"] for name in ("stei_max", "stei_head")} <= {"supported", "undecided"}
    assert found["single-to-multilayer"].by_concept == {}


def test_shipped_concepts_name_descriptors_of_the_registry():
    patterns = {p for c in load_claims().claims for found in c.parameters.get("concepts", {}).values() for p in found}
    keys = pd.Index(list(REGISTRY))
    assert {"bond_length_distortion_mean", "theta_mean", "sigma_mean"} <= set(members(sorted(patterns), keys))
    named = [p for p in patterns if "*" not in p and "{" not in p]
    assert all(p in REGISTRY for p in named)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("claims: 3", "no list"),
        ("claims: [{id: a}]", "lacks claim"),
        ("claims: [{id: a, claim: b, criterion: magic, parameters: {}}]", "unknown criterion"),
        ("claims: [{id: a, claim: b, criterion: share, parameters: {share: 0.2}}]", "needs concepts"),
        ("claims: [", "not YAML"),
        (
            ("claims: [{id: a, claim: b, criterion: share, parameters: {concepts: {x: [a]}, share: much, noise: 1}}]"),
            "kind",
        ),
    ],
)
def test_broken_files_are_refused_by_name(tmp_path, text, words):
    path = tmp_path / "claims.yaml"
    path.write_text(text)
    with pytest.raises(ClaimError, match=words) as error:
        load_claims(path)
    assert str(path) in str(error.value)
    with pytest.raises(ClaimError, match="cannot be read"):
        load_claims(tmp_path / "absent.yaml")
