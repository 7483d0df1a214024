"""Matched series: the same spacer and halide at different n, analysed as paired differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.errors import ModelInputError
from perovex.explain._inputs import bootstrap_groups
from perovex.explain._output import json_safe, table_html
from perovex.explain.bootstrap import group_mean_interval, interval
from perovex.explain.clusters import spearman_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_EXACT_CLUSTERS = 12  # up to here all sign patterns are enumerated
_MIN_PAIRS = 3


@dataclass(frozen=True, eq=False)
class MatchedSeries:
    """Paired differences within series.

    Attributes
    ----------
    pairs : DataFrame
        One row per pair: series keys, ``from``, ``to``, and the change (to minus from) of every column.
    summary : DataFrame
        Per step and column: ``n_pairs``, ``n_clusters``, ``mean`` change with ``lower`` and ``upper``,
        ``relative`` (mean change over the mean at the start), ``p`` (sign flips of whole clusters) and
        ``p_holm`` (corrected over the columns of that step).
    slopes : DataFrame
        Per column: change per unit of `along` within series (series effects removed), with interval over
        clusters and p.
    explained_by : DataFrame
        Per descriptor: Spearman correlation of its change with the change of the target over adjacent steps,
        ``within_step`` (changes centred within each step first) with ``lower`` and ``upper`` over
        clusters, ``p`` (changes exchanged within steps, pairs taken as independent: where it disagrees
        with the interval, believe the interval) and ``p_holm``.
    target : str
        Column of the target.
    n_series, n_clusters : int
        Series with at least two members; clusters (values of the first key) among them.
    reason : str
        Why nothing could be computed; empty otherwise.
    """

    pairs: pd.DataFrame
    summary: pd.DataFrame
    slopes: pd.DataFrame
    explained_by: pd.DataFrame
    target: str
    n_series: int
    n_clusters: int
    reason: str = ""

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
            }
        )
        return out

    def _repr_html_(self) -> str:
        if self.reason:
            return f"<p>No matched series: {self.reason}</p>"
        return table_html(self.summary, f"{self.n_series} series in {self.n_clusters} clusters.", rows=30)


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
    if len(pairs) < _MIN_PAIRS:
        reason = f"{len(pairs)} pairs of the same {' and '.join(by)}, at least {_MIN_PAIRS} are needed"
        return MatchedSeries(pairs, empty, empty, empty, target, n_series, len(cluster_names), reason)
    rng = np.random.default_rng(random_state)
    summary = _summary(pairs, members, by[0], along, columns, n_permutations, rng)
    slopes = _slopes(members, list(by), along, columns, n_permutations, rng)
    explained = _explained(pairs, by[0], target, columns[1:], n_permutations, rng)
    return MatchedSeries(pairs, summary, slopes, explained, target, n_series, len(cluster_names))


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
    n_permutations: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    rows = []
    for (start, stop), part in pairs.groupby(["from", "to"]):
        step: list[dict[str, Any]] = []
        for column in columns:
            known = part[part[column].notna()]
            if len(known) < _MIN_PAIRS:
                continue
            codes = pd.factorize(known[cluster])[0].astype(np.int64)
            change = known[column].to_numpy(dtype=float)
            mean, lower, upper = group_mean_interval(change[None, :], codes)
            level = members.loc[members[along] == start, column].mean()
            p = sign_flip_p(change, codes, rng, n_permutations=n_permutations)
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
                    "p": p,
                }
            )
        for row, corrected in zip(step, holm([float(r["p"]) for r in step]), strict=True):
            rows.append({**row, "p_holm": corrected})
    return pd.DataFrame(rows)


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
        lower, upper = np.quantile(resampled, [0.05, 0.95])
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


def _explained(
    pairs: pd.DataFrame,
    cluster: str,
    target: str,
    descriptors: list[str],
    n_permutations: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Correlate changes; significance by exchanging the target's changes within each step."""
    names = ["spearman", "within_step", "lower", "upper", "n_pairs", "p", "p_holm"]
    rows: dict[str, Any] = {}
    step = pairs.groupby(["from", "to"]).ngroup()
    for name in descriptors:
        known = pairs[name].notna() & pairs[target].notna()
        part = pairs.loc[known, [target, name]]
        if len(part) < 5 or part[name].nunique() < 2:
            continue
        plain = float(spearman_matrix(part).to_numpy()[0, 1])
        centred = part - part.groupby(step[known]).transform("mean")
        a = centred[target].rank().to_numpy(dtype=float)
        b = centred[name].rank().to_numpy(dtype=float)
        within = float(spearman_matrix(centred).to_numpy()[0, 1])
        strata = step[known].to_numpy()
        null = np.empty(min(n_permutations, 500))
        for i in range(len(null)):
            order = np.arange(len(a))
            for s in np.unique(strata):
                inside = np.flatnonzero(strata == s)
                order[inside] = rng.permutation(inside)
            null[i] = _correlation(a[order], b)
        p = (1 + (np.abs(null) >= abs(within) - 1e-12).sum()) / (1 + len(null)) if np.isfinite(within) else np.nan
        codes = pd.factorize(pairs.loc[known, cluster])[0].astype(np.int64)
        draws = [bootstrap_groups(codes, rng)[0] for _ in range(200)]
        lower, upper = interval([_correlation(a[d], b[d]) for d in draws])
        rows[name] = {
            "spearman": plain,
            "within_step": within,
            "lower": lower,
            "upper": upper,
            "n_pairs": len(part),
            "p": p,
        }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names[:-1])
    table["p_holm"] = holm(table["p"].tolist())
    table.index.name = "descriptor"
    return table.sort_values("p", kind="stable")


def _correlation(a: NDArray[Any], b: NDArray[Any]) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def sign_flip_p(
    change: NDArray[np.float64],
    clusters: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    n_permutations: int = 2000,
) -> float:
    """Two-sided p of a mean difference of zero, by flipping the signs of whole clusters.

    Parameters
    ----------
    change : ndarray, shape (pairs,)
        Differences.
    clusters : ndarray of int, shape (pairs,)
        Cluster of each difference.
    rng : numpy.random.Generator
        Source of randomness where there are too many patterns to enumerate.
    n_permutations : int
        Patterns drawn then.

    Returns
    -------
    float
        Exact for up to 12 clusters; the smallest possible value is then 2 / 2**clusters.

    Examples
    --------
    >>> import numpy as np
    >>> sign_flip_p(np.ones(4), np.arange(4), np.random.default_rng(0))
    0.125
    """
    sums = np.bincount(clusters, weights=change)
    n = len(sums)
    observed = abs(sums.sum()) - 1e-12 * max(1.0, float(np.abs(sums).sum()))
    if n <= _EXACT_CLUSTERS:
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return float((np.abs((2 * bits - 1) @ sums) >= observed).mean())
    signs = rng.choice([-1.0, 1.0], size=(n_permutations, n))
    return float((1 + (np.abs(signs @ sums) >= observed).sum()) / (1 + n_permutations))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's correction for several tests; NaN stays NaN and does not count.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=float)
    out = np.full(len(values), np.nan)
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]
    largest = 0.0
    for position, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - position) * float(values[index])))
        out[index] = largest
    return [float(round(v, 12)) for v in out]
