"""The report's section on the abstract: every view, every verdict, ranks apart from level, and no claim too many."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from perovex.explain import associations, collect, judge, load_claims, plain_model
from perovex.learn import YoungModulusRegressor
from perovex.report import Section
from perovex.study.found import Found
from perovex.study.modelling import TaskResult
from perovex.study.report.abstract_section import add_abstract, concept_verdicts, transfer_table
from perovex.study.tables import Quantity
from perovex.study.tasks import Task

FAMILIES = {"octahedral": ["bridge_angle_mean", "bond_angle_variance_mean"], "composition": ["stei_max"]}


@pytest.fixture(scope="module")
def judged(planted):
    from perovex.explain import transfer_test

    model = YoungModulusRegressor("ridge", target="E_out_of_plane", log_target=False)
    X = planted.X.assign(spacer_length=np.random.default_rng(0).normal(8, 2, 20)[planted.groups])
    table = associations(planted.y, X, planted.meta[["halide", "source"]], planted.groups, mediators=["noise_0"])
    tested = transfer_test(
        X,
        planted.y,
        planted.groups,
        source="n_layers == 1",
        target="n_layers >= 2",
        meta=planted.meta,
        estimator=model,
        families=FAMILIES,
        given=planted.meta["halide"],
        full=False,
    )
    options = {"transfer": tested, "associations": table, "n_resamples": 20, "n_shadow": 6}
    evidence = collect(model, X, planted.y, planted.groups, target="E_out_of_plane", **options)
    task = Task("E_out_of_plane", Quantity("E_out_of_plane"), classify=False)
    return TaskResult(task, transfer=tested, associations=table, verdicts=judge(load_claims(), evidence))


@pytest.fixture(scope="module")
def section(judged, planted, tmp_path_factory):
    from sklearn.linear_model import LogisticRegression

    asked = planted.X[["bridge_angle_mean", "stei_max", "noise_0"]]
    plain = plain_model(planted.y, asked, planted.groups, {"linear": LogisticRegression(max_iter=1000)})
    result = SimpleNamespace(
        tasks={judged.name: judged},
        plain=Found(plain),
        options=SimpleNamespace(target="E_out_of_plane"),
        tables=SimpleNamespace(group_name="salt"),
    )
    made = Section("The abstract")
    add_abstract(made, result, tmp_path_factory.mktemp("figures"))
    return "\n".join(made.blocks)


def test_every_concept_has_a_verdict_and_claims_of_others_stand_beside(judged):
    table = concept_verdicts([judged]).set_index(["claim", "descriptor"])["E_out_of_plane"]
    assert {"bridging angle", "STEI", "spacer length"} <= set(table.index.get_level_values("descriptor"))
    assert set(table) <= {"supported", "not supported", "undecided"}
    assert (table[[bool("dominant" in claim) for claim, _ in table.index]] == "supported").all()


def test_ranks_and_level_stand_apart(judged):
    table = transfer_table([judged])
    assert list(table.columns) == ["target", "descriptors", "order", "order within one halide", "level"]
    assert table["descriptors"].tolist() == ["octahedral", "composition", "all"]
    row = judged.transfer.row("source only", family="octahedral")
    assert table["order"].iloc[0].startswith(f"{row['spearman']:.2f} [")
    assert table["level"].iloc[0].startswith(f"{row['gain']:.2f} [")


def test_the_section_reads_as_it_should(section):
    assert "no less real" in section
    assert "not who matters" in section
    assert "intervals over salt groups" in section
    assert set(re.findall(r".{7}spacers", section)) == {"Longer spacers"}  # a claim, as it was made
    assert "STEI and E_out_of_plane: pooled +" in section
    assert "linear, over all crystals (120): " in section
    assert "<svg" in section
    assert "dominant" not in section.split("<table")[0]  # how to read it comes first


def test_targets_without_a_test_are_left_out():
    task = Task("E_vrh", Quantity("E_vrh"), classify=False)
    assert transfer_table([TaskResult(task)]).empty
    assert pd.DataFrame(concept_verdicts([TaskResult(task)])).empty
