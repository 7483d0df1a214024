"""The questions a study asks of its data: whether the published claims hold and n = 1 teaches about n >= 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from perovex._words import group_words
from perovex.descriptors import REGISTRY
from perovex.errors import ModelInputError
from perovex.explain import (
    PLAIN_DESCRIPTORS,
    associations,
    collect,
    confounding_table,
    descriptors_of_factors,
    factor_importance,
    judge,
    load_claims,
    matched_series,
    plain_model,
    transfer_test,
    variance_decomposition,
)
from perovex.learn import StiffnessClassifier

if TYPE_CHECKING:
    from perovex.explain import Explanation, MatchedSeries, Ranking, TransferResult, Verdict
    from perovex.study.options import StudyOptions
    from perovex.study.tables import StudyTables

_PLAIN = {"n_layers": "n", "spacer_smiles": "spacer"}
SOURCE, TARGET = "n_layers == 1", "n_layers >= 2"
ABSTRACT = (
    "bridge_angle_mean",
    "bridge_angle_min",
    "stei_max",
    "stei_head",
    "bond_angle_variance_mean",
    "bond_length_distortion_mean",
)
OTHERS_CLAIM = ("spacer_length", "inverse_n_layers", "charge")
PACKING, SHEET = "free_volume_fraction", "slab_fraction"
MEDIATORS = (PACKING, "hydrogen_bond_length_mean", SHEET)
POOLED = "all"


def octahedral_families(columns: pd.Index) -> dict[str, list[str]]:
    """Return the descriptor families for tests by family.

    ``octahedral`` joins octahedra, bridges and tilts: what the published transfer claim is about.
    """
    families: dict[str, list[str]] = {}
    for key in columns:
        family = REGISTRY[key].family if key in REGISTRY else "others"
        families.setdefault(family, []).append(key)
    joined = [key for name in ("octahedra", "bridges", "tilts") for key in families.get(name, [])]
    return {"octahedral": joined, **families}


def transfer(estimator: Any, tables: StudyTables, y: pd.Series, options: StudyOptions) -> TransferResult:
    """Test single-to-multilayer transfer for one target."""
    return transfer_test(
        tables.X,
        y,
        tables.groups,
        source=SOURCE,
        target=TARGET,
        meta=tables.meta,
        estimator=estimator,
        families=octahedral_families(tables.X.columns),
        given=tables.meta.get("halide"),
        defining=[key for key in tables.X.columns if key in REGISTRY and REGISTRY[key].family == "layers"],
        random_state=options.seed,
        full=not options.quick,
        group_name=tables.group_name,
        progress=False,
    )


def verdicts(
    estimator: Any,
    tables: StudyTables,
    y: pd.Series,
    name: str,
    explained: tuple[Explanation | None, Ranking | None],
    tested: TransferResult | None,
    measured: pd.DataFrame | None,
    options: StudyOptions,
) -> list[Verdict]:
    """Judge the published claims for one target."""
    explanation, ranking = explained
    evidence = collect(
        estimator,
        tables.X,
        y,
        tables.groups,
        target=name,
        explanation=explanation,
        ranking=ranking,
        transfer=tested,
        associations=measured,
        random_state=options.seed,
        n_resamples=options.n_resamples,
        n_shadow=options.n_shadows,
    )
    return judge(load_claims(), evidence)


def abstract(
    tables: StudyTables, target: str, explanation: Explanation | None = None, ranking: Ranking | None = None
) -> pd.DataFrame:
    """Set sign and strength of what the abstract, and others, name beside rivals; see `perovex.explain.associations`.

    Packing, hydrogen bonds and the share of the slab are what angle and STEI act through, no rivals.
    """
    named = [key for key in (*ABSTRACT, *OTHERS_CLAIM) if key in tables.X]
    through = [key for key in MEDIATORS if key in tables.X]
    strata = tables.meta[[name for name in ("halide", "n_layers", "source") if name in tables.meta]]
    return associations(
        tables.values[target],
        tables.X,
        strata.rename(columns={"n_layers": "n"}),
        tables.groups,
        mediators=through,
        descriptors=named,
        explanation=explanation,
        ranking=ranking,
    )


def packing(tables: StudyTables) -> pd.Series | None:
    """Rank correlation of the last property with free volume, which the halide hides where all crystals are pooled.

    Parameters
    ----------
    tables : StudyTables

    Returns
    -------
    Series or None
        Named after the property; index: `POOLED`, then every halide. None where free volume or halide are not known.
    """
    if PACKING not in tables.X or "halide" not in tables.meta:
        return None
    target = list(tables.values)[-1]
    free_volume, value, halide = tables.X[PACKING], tables.values[target], tables.meta["halide"]
    correlations = {POOLED: free_volume.corr(value, method="spearman")}
    for kind in sorted(halide.unique()):
        within = halide == kind
        correlations[kind] = free_volume[within].corr(value[within], method="spearman")
    return pd.Series(correlations, name=target)


def plain(tables: StudyTables, target: str) -> pd.DataFrame:
    """Fit what a plain paper would: a dozen descriptors, stiff or not, over all crystals and within every source.

    Raises
    ------
    ModelInputError
        A descriptor is not known.
    """
    absent = [key for key in PLAIN_DESCRIPTORS if key not in tables.X]
    if absent:
        raise ModelInputError(f"{', '.join(absent)} of the crystals is not known")
    return plain_model(
        tables.values[target],
        tables.X[list(PLAIN_DESCRIPTORS)],
        tables.groups,
        {"boosted trees": StiffnessClassifier("xgboost"), "linear": StiffnessClassifier("logistic")},
        parts=tables.meta.get("source"),
    )


def series(tables: StudyTables, target: str) -> MatchedSeries:
    """Analyse matched series (same spacer and halide, several n) for one property.

    Raises
    ------
    ModelInputError
        n, halide or spacer of the crystals are not known.
    """
    _need(tables, "n_layers", "halide", "spacer_smiles")
    offered = list(tables.X.columns.difference([*tables.meta.columns, target]))
    table = tables.meta.join(tables.values[[target]]).join(tables.X[offered])
    return matched_series(table, target, descriptors=offered)


def factor_shares(explanation: Explanation, tables: StudyTables) -> pd.DataFrame:
    """Share the importance of an explained model among what carries halide, n and group, and all else.

    Bond lengths carry the halide as well as its radius does; a factor stands for all its descriptors together.
    """
    _need(tables, "halide", "n_layers")
    factors = pd.DataFrame(
        {
            "halide": tables.meta["halide"].astype(str),
            "n": tables.meta["n_layers"],
            _one(tables): tables.groups.astype(str),
        }
    )
    sets = descriptors_of_factors(tables.X, factors)
    return factor_importance(explanation, sets, given=factors[["halide", "n"]], progress=False)


def variance(tables: StudyTables, target: str) -> pd.DataFrame:
    """Share the variance of one property among bridging angle, halide, n, source and spacer.

    Raises
    ------
    ModelInputError
        One of these is not known, or the data do not allow it.
    """
    _need(tables, "n_layers", "halide")
    if "bridge_angle_equatorial_mean" not in tables.X:
        raise ModelInputError("the bridging angle of the crystals is not known")
    factors = pd.DataFrame(
        {
            "bridging angle": tables.X["bridge_angle_equatorial_mean"],
            "halide": tables.meta["halide"].astype(str),
            "n": tables.meta["n_layers"].map("n = {:g}".format),
        }
    )
    if "source" in tables.meta:
        factors["source"] = tables.meta["source"].astype(str)
    return variance_decomposition(tables.values[target], factors, groups=tables.groups, group_name=_one(tables))


_MAIN_DESCRIPTORS = ("bridge_angle_mean", "bridge_angle_min", "stei_max", "bond_angle_variance_mean")


def confounding(tables: StudyTables) -> pd.DataFrame:
    """Say how strongly halide, spacer, n, source and the main descriptors are tied to each other."""
    descriptors = [key for key in _MAIN_DESCRIPTORS if key in tables.X]
    known_parts = [key for key in ("halide", "n_layers", "source") if key in tables.meta]
    parts = [key for key in known_parts if tables.meta[key].nunique() > 1]
    frame = tables.meta[parts].join(tables.groups.rename(_one(tables))).join(tables.X[descriptors])
    if frame.shape[1] < 2:
        return pd.DataFrame()
    return confounding_table(frame)


def _one(tables: StudyTables) -> str:
    return group_words(tables.group_name)[0]


def _need(tables: StudyTables, *columns: str) -> None:
    missing = [_PLAIN.get(column, column) for column in columns if column not in tables.meta]
    if missing:
        raise ModelInputError(f"not known of the crystals: {', '.join(missing)}", remedy="give --structures")
