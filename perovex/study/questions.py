"""The questions a study asks of its data: whether the published claims hold and n = 1 teaches about n >= 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from perovex.errors import PerovexError

if TYPE_CHECKING:
    from perovex.explain import Explanation, MatchedSeries, Ranking, TransferResult, Verdict
    from perovex.study.options import StudyOptions
    from perovex.study.tables import StudyTables

SOURCE, TARGET = "n_layers == 1", "n_layers >= 2"
ABSTRACT = (
    "bridge_angle_mean",
    "bridge_angle_min",
    "stei_max",
    "stei_head",
    "bond_angle_variance_mean",
    "bond_length_distortion_mean",
)
MEDIATORS = ("free_volume_fraction", "hydrogen_bond_length_mean", "slab_fraction")


def octahedral_families(columns: pd.Index) -> dict[str, list[str]]:
    """Return the descriptor families for tests by family.

    ``octahedral`` joins octahedra, bridges and tilts: what the published transfer claim is about.
    """
    from perovex.descriptors import REGISTRY

    families: dict[str, list[str]] = {}
    for key in columns:
        families.setdefault(REGISTRY[key].family, []).append(key)
    joined = [key for name in ("octahedra", "bridges", "tilts") for key in families.get(name, [])]
    return {"octahedral": joined, **families}


def transfer(estimator: Any, tables: StudyTables, y: pd.Series, options: StudyOptions) -> TransferResult:
    """Test single-to-multilayer transfer for one target."""
    from perovex.descriptors import REGISTRY
    from perovex.explain import transfer_test

    return transfer_test(
        tables.X,
        y,
        tables.groups,
        source=SOURCE,
        target=TARGET,
        meta=tables.meta,
        estimator=estimator,
        families=octahedral_families(tables.X.columns),
        given=tables.meta["halide"],
        defining=[key for key in tables.X.columns if REGISTRY[key].family == "layers"],
        random_state=options.seed,
        full=not options.quick,
        progress=False,
    )


def verdicts(
    estimator: Any,
    tables: StudyTables,
    y: pd.Series,
    name: str,
    explanation: Explanation | None,
    ranking: Ranking | None,
    tested: TransferResult | None,
    options: StudyOptions,
) -> list[Verdict]:
    """Judge the published claims for one target."""
    from perovex.explain import collect, judge, load_claims

    evidence = collect(
        estimator,
        tables.X,
        y,
        tables.groups,
        target=name,
        explanation=explanation,
        ranking=ranking,
        transfer=tested,
        random_state=options.seed,
        n_resamples=options.n_resamples,
        n_shadow=options.n_shadows,
    )
    return judge(load_claims(), evidence)


def abstract(
    tables: StudyTables, target: str, explanation: Explanation | None = None, ranking: Ranking | None = None
) -> pd.DataFrame:
    """Set sign and strength of what the abstract names beside their rivals; see `perovex.explain.associations`.

    Packing, hydrogen bonds and the share of the slab are what angle and STEI act through, no rivals.
    """
    from perovex.explain import associations

    named = [key for key in ABSTRACT if key in tables.X]
    through = [key for key in MEDIATORS if key in tables.X]
    strata = tables.meta[[name for name in ("halide", "n_layers", "source") if name in tables.meta]]
    return associations(
        tables.moduli[target],
        tables.X,
        strata.rename(columns={"n_layers": "n"}),
        tables.groups,
        mediators=through,
        descriptors=named,
        explanation=explanation,
        ranking=ranking,
    )


def series_by_target(tables: StudyTables, targets: tuple[str, ...]) -> dict[str, MatchedSeries]:
    """Analyse matched series (same spacer and halide, several n) for every modulus."""
    from perovex.explain import matched_series

    known = list(tables.X.columns.difference(tables.meta.columns))
    table = tables.meta.join(tables.moduli).join(tables.X[known])
    return {target: matched_series(table, target, descriptors=known) for target in targets}


def factor_shares(explanation: Explanation, tables: StudyTables) -> pd.DataFrame:
    """Share the importance of an explained model among what carries halide, n and spacer, and all else.

    Bond lengths carry the halide as well as its radius does; a factor stands for all its descriptors together.
    """
    from perovex.explain import descriptors_of_factors, factor_importance

    factors = pd.DataFrame(
        {
            "halide": tables.meta["halide"].astype(str),
            "n": tables.meta["n_layers"],
            "spacer": tables.groups.astype(str),
        }
    )
    sets = descriptors_of_factors(tables.X, factors)
    return factor_importance(explanation, sets, given=factors[["halide", "n"]], progress=False)


def variance_by_target(tables: StudyTables, targets: tuple[str, ...]) -> dict[str, Any]:
    """Share the variance of each modulus among bridging angle, halide, n, source and spacer.

    Returns
    -------
    dict
        Target to DataFrame, or to the reason why the data do not allow it.
    """
    from perovex.explain import variance_decomposition

    factors = pd.DataFrame(
        {
            "bridging angle": tables.X["bridge_angle_equatorial_mean"],
            "halide": tables.meta["halide"].astype(str),
            "n": tables.meta["n_layers"].map("n = {:g}".format),
        }
    )
    if "source" in tables.meta:
        factors["source"] = tables.meta["source"].astype(str)
    found: dict[str, Any] = {}
    for target in targets:
        try:
            found[target] = variance_decomposition(tables.moduli[target], factors, groups=tables.groups)
        except PerovexError as error:
            found[target] = str(error)
    return found


def confounding(tables: StudyTables) -> pd.DataFrame:
    """Say how strongly halide, spacer, n and the main descriptors are tied to each other."""
    from perovex.explain import confounding_table

    known = [
        key
        for key in ("bridge_angle_mean", "bridge_angle_min", "stei_max", "bond_angle_variance_mean")
        if key in tables.X
    ]
    factors = [name for name in ("halide", "n_layers", "source") if name in tables.meta]
    frame = tables.meta[factors].join(tables.groups.rename("spacer")).join(tables.X[known])
    return confounding_table(frame)
