"""Matched series: the same spacer and halide at different n, analysed as paired differences."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from perovex._json import json_safe
from perovex._seeds import stream
from perovex.errors import ModelInputError
from perovex.explain.attribution.view import table_html
from perovex.explain.series.changes import changes_explained, changes_together, changing
from perovex.explain.series.words import MIN_PAIRS, series_sentences, too_few_pairs
from perovex.explain.statistics import group_mean_interval, holm, max_t_p, sign_flip_p, sign_patterns
from perovex.learn.metrics import bootstrap_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

_SUMMARY = ["from", "to", "column", "n_pairs", "n_clusters", "mean", "lower", "upper", "relative", "p", "p_family"]


@dataclass(frozen=True, eq=False)
class MatchedSeries:
    """Paired differences within series.

    Attributes
    ----------
    pairs : DataFrame
        One row per pair: series keys, ``from``, ``to``, and the change (to minus from) of every column.
    summary : DataFrame
        Per step and column: ``n_pairs``, ``n_clusters``, ``mean`` change with ``lower`` and ``upper``,
        ``relative`` (mean change over the mean at the start), ``p`` (sign flips of whole clusters, all of them where
        there are up to twelve clusters) and ``p_family`` (for the target by Holm over the steps; for descriptors by the
        largest statistic of every flip, over those of the step that change in three of ten pairs; NaN for others).
    slopes : DataFrame
        Per column: change per unit of `along` within series (series effects removed), with interval over
        clusters and p.
    explained_by : DataFrame
        Per descriptor: Spearman correlation of its change with the change of the target over adjacent steps,
        ``within_step`` (changes centred within each step first) with ``lower`` and ``upper`` over
        clusters, ``p`` (signs of whole clusters flipped) and ``p_family`` (against the largest statistic of every flip
        over all descriptors). Descriptors that hardly ever change within a series are not asked.
    target : str
        Column of the target.
    n_series, n_clusters : int
        Series with at least two members; clusters (values of the first key) among them.
    by : tuple of str
        Columns that are equal within a series.
    together : dict
        How well the changes of all descriptors together predict the change of the target for a cluster that the
        model has not seen: ``r2`` (against the mean change of each step) with ``r2_lower`` and ``r2_upper`` over
        clusters, ``n_pairs``, ``n_descriptors``; empty where there are too few.
    along : str
        What changes within a series.
    """

    pairs: pd.DataFrame
    summary: pd.DataFrame
    slopes: pd.DataFrame
    explained_by: pd.DataFrame
    target: str
    n_series: int
    n_clusters: int
    by: tuple[str, ...] = ("spacer_smiles", "halide")
    together: dict[str, float] = field(default_factory=dict)
    along: str = "n_layers"

    @property
    def possible(self) -> bool:
        """Whether there are pairs enough for anything."""
        return len(self.pairs) >= MIN_PAIRS

    @property
    def reason(self) -> str:
        """Why nothing could be computed, in words; empty where something was."""
        return "" if self.possible else too_few_pairs(len(self.pairs), self.by)

    def sentences(self) -> list[str]:
        """Return in words what a step does to the target, and whether changes of descriptors explain it."""
        return series_sentences(self)

    def to_frame(self) -> pd.DataFrame:
        """Return the summary."""
        return self.summary

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        out: dict[str, Any] = json_safe(
            {
                "target": self.target,
                "n_series": self.n_series,
                "n_clusters": self.n_clusters,
                "reason": self.reason,
                "summary": self.summary.to_dict(orient="records"),
                "slopes": self.slopes.reset_index().to_dict(orient="records"),
                "explained_by": self.explained_by.reset_index().to_dict(orient="records"),
                "together": self.together,
                "sentences": self.sentences(),
            }
        )
        return out

    def to_json(self, *, indent: int | None = None) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def _repr_html_(self) -> str:
        text = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self.sentences())
        if not self.possible:
            return f"<ul>{text}</ul>"
        return f"<ul>{text}</ul>" + table_html(
            self.summary, f"{self.n_series} series in {self.n_clusters} clusters.", rows=30
        )


def matched_series(
    table: pd.DataFrame,
    target: str,
    *,
    by: Sequence[str] = ("spacer_smiles", "halide"),
    along: str = "n_layers",
    descriptors: Sequence[str] = (),
    n_permutations: int = 2000,
    random_state: int = 0,
) -> MatchedSeries:
    """Measure what one more step of `along` does to a target and to descriptors, all else equal.

    Members of a series share the keys `by`. Differences between consecutive members that are present are
    paired; significance comes from flipping the signs of whole clusters (values of the first key, all
    differences of a spacer together), so that the halides of one spacer do not count as independent. Where a
    series holds several crystals of the same `along`, they are averaged.

    Parameters
    ----------
    table : DataFrame
        Holds target, keys, `along` and descriptors; rows with an infinite or missing `along` are left out.
    target : str
        Column of the target.
    by : sequence of str
        Keys of a series; the first is the cluster.
    along : str
        What changes within a series.
    descriptors : sequence of str
        Further columns whose changes are wanted.
    n_permutations : int
        Sign flips where they cannot be enumerated.
    random_state : int
        Seed.

    Returns
    -------
    MatchedSeries
        ``reason`` is set, and the tables empty, where there are fewer than three pairs.

    Raises
    ------
    ModelInputError
        If a column is missing.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> table = pd.DataFrame({"spacer_smiles": np.repeat(list("abcdef"), 2), "halide": "I",
    ...                       "n_layers": [1, 2] * 6, "E": [10.0, 12.0] * 6})
    >>> float(matched_series(table, "E").summary["mean"].iloc[0])
    2.0
    """
    columns = [target, *(d for d in descriptors if d not in (target, along))]
    missing = [c for c in (*columns, *by, along) if c not in table.columns]
    if missing:
        raise ModelInputError(f"columns missing in the table: {', '.join(missing)}")
    finite = table[np.isfinite(table[along].astype(float)) & table[target].notna()]
    members = finite.groupby([*by, along], observed=True)[columns].mean().reset_index()
    sizes = members.groupby(list(by), observed=True)[along].transform("size")
    members = members[sizes >= 2].sort_values([*by, along])
    pairs = _pairs(members, list(by), along, columns)
    cluster_names = members[by[0]].unique()
    n_series = len(members[list(by)].drop_duplicates())
    empty = pd.DataFrame()
    if len(pairs) < MIN_PAIRS:
        return MatchedSeries(pairs, empty, empty, empty, target, n_series, len(cluster_names), tuple(by))
    rng = stream(random_state, "matched series")
    asked = changing(pairs, members[columns].abs().max(), columns[1:])
    summary = _summary(pairs, members, by[0], along, columns, asked, n_permutations, rng)
    slopes = _slopes(members, list(by), along, columns, n_permutations, rng)
    explained = changes_explained(pairs, by[0], target, asked, n_permutations, rng)
    joint = changes_together(pairs, by[0], target, asked, rng)
    return MatchedSeries(
        pairs, summary, slopes, explained, target, n_series, len(cluster_names), tuple(by), joint, along
    )


def _pairs(members: pd.DataFrame, by: list[str], along: str, columns: list[str]) -> pd.DataFrame:
    grouped = members.groupby(by, observed=True)
    change = grouped[columns].diff()
    pairs = pd.concat([members[by], grouped[along].shift().rename("from"), members[along].rename("to"), change], axis=1)
    return pairs[pairs["from"].notna()].reset_index(drop=True)


def _summary(
    pairs: pd.DataFrame,
    members: pd.DataFrame,
    cluster: str,
    along: str,
    columns: list[str],
    asked: list[str],
    n_permutations: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Mean change of every column in every step, with interval and p."""
    rows = []
    for (start, stop), part in pairs.groupby(["from", "to"]):
        step = []
        for column in columns:
            known = part[part[column].notna()]
            if len(known) < MIN_PAIRS:
                continue
            codes = pd.factorize(known[cluster])[0].astype(np.int64)
            change = known[column].to_numpy(dtype=float)
            mean, lower, upper = group_mean_interval(change[None, :], codes, rng=rng)
            level = members.loc[members[along] == start, column].mean()
            step.append(
                {
                    "from": start,
                    "to": stop,
                    "column": column,
                    "n_pairs": len(known),
                    "n_clusters": int(codes.max()) + 1,
                    "mean": mean,
                    "lower": lower,
                    "upper": upper,
                    "relative": mean / level if level else np.nan,
                    "p": sign_flip_p(change, codes, rng, n_permutations=n_permutations),
                    "p_family": np.nan,
                }
            )
        of_step = _family(part, cluster, asked, n_permutations, rng)
        for row in step:
            row["p_family"] = of_step.get(str(row["column"]), np.nan)
        rows += step
    targets = [row for row in rows if row["column"] == columns[0]]
    for row, corrected in zip(targets, holm([cast("float", r["p"]) for r in targets]), strict=True):
        row["p_family"] = corrected
    return pd.DataFrame(rows, columns=_SUMMARY)


def _family(
    part: pd.DataFrame, cluster: str, asked: list[str], n_permutations: int, rng: np.random.Generator
) -> dict[str, float]:
    """P-values of the mean changes of all descriptors of a step, against the largest statistic of every flip."""
    columns = [column for column in asked if part[column].notna().sum() >= MIN_PAIRS]
    if not columns:
        return {}
    codes = pd.factorize(part[cluster])[0].astype(np.int64)
    sums = np.array([np.bincount(codes, weights=part[column].fillna(0.0)) for column in columns])
    signs, _ = sign_patterns(sums.shape[1], rng, n_permutations)
    scale = np.sqrt((sums**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        statistics = np.where(scale > 0, np.abs(signs @ sums.T) / scale, np.nan)
    return dict(zip(columns, max_t_p(statistics).tolist(), strict=True))


def _slopes(
    members: pd.DataFrame,
    by: list[str],
    along: str,
    columns: list[str],
    n_permutations: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    rows: dict[str, Any] = {}
    for column in columns:
        known = members[members[column].notna()]
        grouped = known.groupby(by, observed=True)
        x = (known[along] - grouped[along].transform("mean")).to_numpy(dtype=float)
        v = (known[column] - grouped[column].transform("mean")).to_numpy(dtype=float)
        codes = pd.factorize(known[by[0]])[0].astype(np.int64)
        if not len(codes) or not (x**2).sum() > 0:
            continue
        n = int(codes.max()) + 1
        top = np.bincount(codes, x * v, n).astype(float)
        bottom = np.bincount(codes, x * x, n).astype(float)
        draws = rng.integers(n, size=(500, n))
        resampled = top[draws].sum(axis=1) / np.maximum(bottom[draws].sum(axis=1), 1e-300)
        lower, upper = bootstrap_interval(resampled, n, 0.9)
        rows[column] = {
            f"per {along}": top.sum() / bottom.sum(),
            "lower": lower,
            "upper": upper,
            "n_clusters": n,
            "p": sign_flip_p(top, np.arange(n), rng, n_permutations=n_permutations),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "column"
    return table
