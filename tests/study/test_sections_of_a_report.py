"""Sections of the report write what they are given: methods, labels and the user's own data."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from perovex import __version__
from perovex.datasets.quality.trends import SOFTER_THAN_3D
from perovex.datasets.quality.words import TREND_WORDS
from perovex.datasets.schema import SOFT_FROZEN
from perovex.learn import YoungModulusRegressor, evaluate
from perovex.report.document import Section
from perovex.study.report.data_section import add_data
from perovex.study.report.label_section import add_labels
from perovex.study.report.methods_section import add_methods, bibtex, methods_text
from perovex.study.report.summary import draws_line
from perovex.study.tables import TARGETS


def study(algorithm="average", coverage=0.9, elastic=None, meta=None):
    """Six crystals of three groups, two repeats, one model."""
    names = [f"c{k}" for k in range(6)]
    tables = SimpleNamespace(
        X=pd.DataFrame(np.zeros((6, 4)), index=names), groups=pd.Series([0, 0, 1, 1, 2, 2]), group_name="family",
        meta=pd.DataFrame(index=names) if meta is None else meta, values=pd.DataFrame({"gap": range(6)}, index=names),
        quantities={"gap": SimpleNamespace(name="gap", unit="eV")},
    )  # fmt: skip
    options = SimpleNamespace(
        algorithm=algorithm, n_repeats=2, n_resamples=30, n_shadows=40, n_scrambles=99, seed=7, target="gap"
    )
    evaluation = SimpleNamespace(settings={"coverage": coverage})
    return SimpleNamespace(
        tables=tables, options=options, elastic=elastic, tasks={"gap": SimpleNamespace(evaluation=evaluation)},
        asked={"target": ["gap"]}, data=SimpleNamespace(checksum="abc"), software={"numpy": "2"},
        remarks=("be careful",),
    )  # fmt: skip


def page(section):
    return "\n".join(section.blocks)


@pytest.mark.parametrize("n_repeats", [1, 3])
def test_scores_of_single_draws_of_the_folds_stand_beside_their_mean(n_repeats):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(30, 2)), columns=["a", "b"])
    y = pd.Series(10 + 2 * X["a"] + rng.normal(size=30), name="E")
    model = YoungModulusRegressor("ridge")
    found = evaluate(model, X, y, np.arange(30) // 2, n_repeats=n_repeats, n_resamples=0, baselines=False)
    told = draws_line(found, "spacers")
    named = [float(number) for number in re.findall(r"-?\d\.\d\d", told)]
    if n_repeats == 1:
        assert "drawn once" in told
        assert not named
    else:
        assert f"over {n_repeats} draws" in told
        assert len(named) == n_repeats
        assert len(set(named)) > 1
        assert np.mean(named) == pytest.approx(found.score("R2"), abs=0.006)


def test_methods_say_what_was_done_in_numbers():
    text = methods_text(study())
    assert text.startswith(f"6 crystals in 3 groups were described by 4 descriptors with perovex {__version__}.")
    for words in ("2 repeats", "30 draws", "40 models", "99 shuffled targets", "Seed 7", "Prediction intervals of 90%"):
        assert words in text
    assert "all crystals of a family group in one fold" in text
    assert "intervals of" not in methods_text(study(coverage=None))
    release = SimpleNamespace(version="0.5", potential="springs")
    assert "6 crystals with 3 different spacers" in methods_text(study(elastic=release))
    assert "data release 0.5" in methods_text(study(elastic=release))


@pytest.mark.parametrize(
    ("algorithm", "cited"), [("average", {"chen", "rasmussen"}), ("xgboost", {"chen"}), ("random_forest", set())]
)
def test_what_was_used_is_cited_and_nothing_else(algorithm, cited):
    entries = bibtex(study(algorithm))
    assert {name for name in ("chen", "rasmussen") if f"{{{name}" in entries} == cited
    assert "robinson1971" not in entries
    assert "robinson1971" in bibtex(study(meta=pd.DataFrame({"n_layers": [1.0]})))
    assert entries.count("{") == entries.count("}")


def test_the_section_on_methods_repeats_options_and_checksum():
    section = Section("Methods")
    add_methods(section, study())
    assert "Data checksum: abc" in page(section)
    assert "Options: target:" in page(section)
    assert "@software{perovex" in page(section)


def test_own_values_are_spread_and_counted(tmp_path):
    section = Section("Data")
    result = study()
    result.tables.values.loc["c5", "gap"] = np.nan
    add_data(section, result, tmp_path)
    text = page(section)
    assert "gap (eV)" in text
    assert "all crystals" in text
    assert "Be careful." in text
    assert (tmp_path / "distributions.svg").is_file()


def findings(**changes):
    """Empty tables wherever a section is to be left out."""
    nothing = pd.DataFrame()
    truth = {
        "moduli": nothing, "errors": nothing, "first_principles": nothing, "lattice_errors": nothing,
        "enantiomers": nothing, "scaling": nothing, "soft_mode_errors": nothing,
        "trends": pd.DataFrame([{
            "trend": SOFTER_THAN_3D, "answer": "yes", "agreeing": 9, "comparisons": 10, "groups_agreeing": 5,
            "groups": 6, "p_value": 0.03, "median_difference_GPa": 1.5,
        }]),
    }  # fmt: skip
    audit = dict.fromkeys(("outliers", "volume_changes", "stacking_changes", "unconverged", "duplicates"), nothing)
    found = SimpleNamespace(**(truth | changes))
    fragility = {f"{name}_fragility": [0.7, 0.9] for name in TARGETS}
    modes = pd.DataFrame(
        {"lowest_eigenvalue": [0.1, 0.2], **fragility, **dict.fromkeys(TARGETS, 10.0)}, index=["a", "b"]
    )
    empty = [f"{name}{end}" for name in TARGETS for end in ("_regularised", "_per_ln_kappa0")]
    checks = SimpleNamespace(second_potential=nothing, soft_modes=nothing, tables=lambda: audit)
    return SimpleNamespace(truth=found, audit=checks, soft_modes=modes.assign(**dict.fromkeys(empty, np.nan)))


def test_trends_and_fragility_of_labels_are_told(tmp_path):
    section = Section("Labels")
    add_labels(section, SimpleNamespace(), findings(), tmp_path)
    text = page(section)
    assert "9 of 10" in text
    assert TREND_WORDS[SOFTER_THAN_3D] in text
    assert "5 of 6" in text
    assert "Fragility index" in text
    assert "regularised" not in text  # no label stores its modes
    assert "density-functional" not in text


def test_a_second_potential_is_told_where_there_is_one(tmp_path):
    section = Section("Labels")
    labels = findings()
    names = [TARGETS[0], SOFT_FROZEN[0], "K_vrh"]
    labels.audit.second_potential = pd.DataFrame({"spearman": [0.9, 0.8, 0.7]}, index=pd.Index(names, name="modulus"))
    add_labels(section, SimpleNamespace(), labels, tmp_path)
    first, second = (block for block in section.blocks if "Spearman" in block)
    assert "K_vrh" in second
    assert "K_vrh" not in first
