"""Ranks of descriptors, and how far to trust them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from perovex._json import json_safe
from perovex.explain.attribution.draws import Draw, draw_models
from perovex.explain.attribution.view import table_html
from perovex.explain.importance.clusters import CorrelationGroups, correlation_groups
from perovex.explain.importance.loss import drop_importance, permutation_importance
from perovex.explain.importance.noise_floor import NoiseFloor, noise_floor
from perovex.explain.statistics import share_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation


@dataclass(frozen=True, eq=False)
class Ranking:
    """Descriptors ranked by importance, with intervals over groups and seeds.

    Attributes
    ----------
    table : DataFrame
        Index: descriptors, best median rank first. Columns: ``rank``, ``rank_lower``, ``rank_upper``,
        ``p_top_k`` and ``p_top_k_error`` (its Monte-Carlo standard error), ``share``, ``share_lower``, ``share_upper``,
        ``p_above_noise`` and ``p_above_noise_error``, ``permutation``,
        ``permutation_sd``, ``drop``, ``drop_lower``, ``drop_upper`` (NaN where not computed),
        ``train_excess``, ``correlation_group``.
    groups : DataFrame
        The same for groups of correlated descriptors taken together, with ``members`` (a tuple of descriptors).
    draws : tuple of Draw
        Models on halves of the groups that the intervals rest on; `effects` and claims use them again.
    shares : ndarray, shape (draws, descriptors)
        Importance shares of every draw, columns in the order of the explained table.
    stability : float
        Stability of the top k over draws, 1 for always the same set, 0 for chance.
    rank_agreement : float
        Mean Spearman correlation between the ranks of two draws.
    top_k : int
        k of ``p_top_k``.
    level : float
        Coverage of the intervals.
    noise : NoiseFloor
        Shuffled copies as a floor.
    clusters : CorrelationGroups
        Correlation groups.
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    draws: tuple[Draw, ...]
    shares: NDArray[np.float64]
    stability: float
    rank_agreement: float
    top_k: int
    level: float
    noise: NoiseFloor
    clusters: CorrelationGroups

    def above_noise(self, descriptor: str) -> float:
        """Share of models in which a descriptor, or its group of correlated ones, beats the best shuffled copy.

        Within a group credit is shared out by chance, so that a member cannot be told from noise by itself.
        """
        group = str(self.table.loc[descriptor, "correlation_group"])
        own, joint = self.table["p_above_noise"][descriptor], self.groups["p_above_noise"][group]
        return max(float(own), float(joint))

    def to_frame(self) -> pd.DataFrame:
        """Return the table of descriptors."""
        return self.table

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        out: dict[str, Any] = json_safe(
            {
                "top_k": self.top_k,
                "level": self.level,
                "n_draws": len(self.draws),
                "stability": self.stability,
                "rank_agreement": self.rank_agreement,
                "noise_floor_share": self.noise.floor,
                "descriptors": self.table.to_dict(orient="index"),
                "groups": self.groups.to_dict(orient="index"),
            }
        )
        return out

    def _repr_html_(self) -> str:
        caption = (
            f"Ranks with {100 * self.level:.0f} % intervals over {len(self.draws)} draws of groups and "
            f"seeds; stability of the top {self.top_k}: {self.stability:.2f}; "
            f"noise floor {100 * self.noise.floor:.1f} % "
            "of all importance."
        )
        return table_html(self.table, caption) + table_html(self.groups, "Groups of correlated descriptors.")


def stability_index(top: NDArray[np.bool_]) -> float:
    """Stability of selected sets over draws (Nogueira, Sechidis and Brown).

    Parameters
    ----------
    top : ndarray of bool, shape (draws, descriptors)
        Which descriptors each draw selects.

    Returns
    -------
    float
        1 when all draws select the same set; 0 is expected by chance; NaN where it is undefined (fewer than
        two draws, or all or none selected).

    References
    ----------
    Nogueira, Sechidis, Brown, On the stability of feature selection algorithms, JMLR 18 (174), 1 (2018).

    Examples
    --------
    >>> import numpy as np
    >>> stability_index(np.array([[True, False, False], [True, False, False]]))
    1.0
    >>> stability_index(np.array([[True, False], [False, True]]))
    -1.0
    """
    draws, width = top.shape
    selected = top.sum(axis=1).mean()
    if draws < 2 or not 0 < selected < width:
        return float("nan")
    frequency = top.mean(axis=0)
    variance = draws / (draws - 1) * frequency * (1 - frequency)
    chance = selected / width * (1 - selected / width)
    return float(1 - variance.mean() / chance)


def rank(  # noqa: PLR0913 -- keyword options with defaults
    explanation: Explanation,
    *,
    draws: tuple[Draw, ...] | None = None,
    n_resamples: int = 100,
    top_k: int = 5,
    level: float = 0.9,
    threshold: float = 0.8,
    n_shadow: int = 40,
    n_permutations: int = 2,
    drop: Literal["top", "all", "none"] = "top",
    progress: bool = False,
) -> Ranking:
    """Rank descriptors by held-out SHAP importance, with intervals over groups and seeds.

    Parameters
    ----------
    explanation : Explanation
        What to rank.
    draws : tuple of Draw, optional
        From `draw_models`; made here by default.
    n_resamples : int
        Draws of groups; in each, a model with a new seed is fitted on half of the groups and explained on the
        others.
    top_k : int
        Size of the top for ``p_top_k`` and the stability index.
    level : float
        Confidence level of the intervals.
    threshold : float
        abs(Spearman) above which descriptors form a group.
    n_shadow : int
        Models with shuffled copies for the noise floor.
    n_permutations : int
        Shuffles per model for the permutation importance; 0 leaves it out.
    drop : {"top", "all", "none"}
        For which descriptors models are refitted without them.
    progress : bool
        Show bars on stderr.

    Returns
    -------
    Ranking
        Table of descriptors, table of groups, stability.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from perovex.explain import explain
    >>> from perovex.learn import YoungModulusRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(40, 3)), columns=["angle", "stei", "noise"])
    >>> model, y = YoungModulusRegressor("ridge"), np.exp(0.3 * X["angle"])
    >>> explanation = explain(model, X, y, np.arange(40) // 4, n_repeats=1)
    >>> ranking = rank(explanation, n_resamples=10, top_k=1, n_shadow=4, drop="none")
    >>> float(ranking.table.loc["angle", "p_top_k"]), ranking.stability
    (1.0, 1.0)
    """
    if draws is None:
        draws = draw_models(explanation, n_resamples=n_resamples, progress=progress)
    noise = noise_floor(explanation, n_shadow=n_shadow, progress=progress)
    clusters = correlation_groups(explanation.X, threshold=threshold)
    columns = explanation.X.columns
    n_top = _at_most(top_k, len(columns))

    shares = np.array([_shares(np.abs(draw.values).mean(axis=0)) for draw in draws])
    table = _rank_table(shares, columns, n_top, level)
    table["p_above_noise"] = noise.above
    table["train_excess"] = explanation.importance()["train_excess"]
    table["correlation_group"] = clusters.labels
    n_top_groups = _at_most(n_top, len(clusters.members))
    groups = _group_table(draws, clusters, columns, noise, n_top_groups, level)
    for part in (table, groups):
        part["p_above_noise_error"] = [share_error(p, n_shadow) for p in part["p_above_noise"]]

    sets = _sets(clusters, columns)
    chosen = _to_drop(table, groups, sets, drop, n_top)
    losses = _losses(explanation, sets, chosen, n_permutations, progress)
    table = table.join(losses)
    # the loss of a group is never that of its leading member alone
    of_groups = losses.loc[[_set_name(str(name), sets) for name in groups.index]]
    groups = groups.join(of_groups.set_axis(groups.index))

    ranks = np.array([rankdata(-row) for row in shares])
    stability = stability_index(ranks <= n_top)
    return Ranking(table, groups, draws, shares, stability, _agreement(ranks), n_top, level, noise, clusters)


def _at_most(top_k: int, count: int) -> int:
    """Size of the top of so many: all of them at the top would say nothing."""
    return min(top_k, max(1, count - 1))


def _sets(clusters: CorrelationGroups, columns: pd.Index) -> dict[str, list[str]]:
    """Descriptors that are shuffled and dropped together: groups of several first, then each by itself."""
    sets: dict[str, list[str]] = {}
    for name, members in clusters.members.items():
        if len(members) > 1:
            sets[_joint_name(name)] = members
    for descriptor in columns:
        sets[descriptor] = [descriptor]
    return sets


def _joint_name(group: str) -> str:
    """Name of a group as a set of descriptors, which is not that of its leading member."""
    return f"group {group}"


def _group_table(
    draws: tuple[Draw, ...], clusters: CorrelationGroups, columns: pd.Index, noise: NoiseFloor, top_k: int, level: float
) -> pd.DataFrame:
    """Rank groups of correlated descriptors by their joint importance."""
    position = {name: columns.get_indexer(pd.Index(members)) for name, members in clusters.members.items()}
    shares = np.array([_shares(_joint_importance(draw, position)) for draw in draws])
    groups = _rank_table(shares, pd.Index(position), top_k, level)
    groups["members"] = pd.Series({name: tuple(members) for name, members in clusters.members.items()})
    groups["p_above_noise"] = pd.Series({name: noise.set_above(p) for name, p in position.items()})
    groups.index.name = "correlation_group"
    return groups


def _joint_importance(draw: Draw, position: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Mean absolute sum of the SHAP values of every group."""
    summed = [draw.values[:, members].sum(axis=1) for members in position.values()]
    return np.array([np.abs(together).mean() for together in summed])


def _set_name(group: str, sets: dict[str, list[str]]) -> str:
    """Name under which a group is shuffled and dropped: its own, or that of its only member."""
    joint = _joint_name(group)
    return joint if joint in sets else group


def _shares(importance: NDArray[np.float64]) -> NDArray[np.float64]:
    total = importance.sum()
    return importance / total if total > 0 else np.zeros_like(importance)


def _rank_table(shares: NDArray[np.float64], names: pd.Index, top_k: int, level: float) -> pd.DataFrame:
    ranks = np.array([rankdata(-row) for row in shares])  # ties share their mean rank
    in_top = (ranks <= top_k).mean(axis=0)
    tail = (1 - level) / 2
    rank_lower, rank_upper = np.quantile(ranks, [tail, 1 - tail], axis=0)
    share_lower, share_upper = np.quantile(shares, [tail, 1 - tail], axis=0)
    table = pd.DataFrame(
        {
            "rank": np.median(ranks, axis=0),
            "rank_lower": rank_lower,
            "rank_upper": rank_upper,
            "p_top_k": in_top,
            "p_top_k_error": [share_error(share, len(ranks)) for share in in_top],
            "share": shares.mean(axis=0),
            "share_lower": share_lower,
            "share_upper": share_upper,
        },
        index=names,
    )
    table.index.name = "descriptor"
    return table.sort_values(["rank", "share"], ascending=[True, False], kind="stable")


def _to_drop(table: pd.DataFrame, groups: pd.DataFrame, sets: dict[str, list[str]], drop: str, top_k: int) -> list[str]:
    """Names of the sets to refit without."""
    if drop == "none":
        return []
    if drop == "all":
        return list(sets)
    top_groups = [_set_name(str(name), sets) for name in groups.index[:top_k]]
    top_descriptors = [str(name) for name in table.index[:top_k]]
    return list(dict.fromkeys([*top_groups, *top_descriptors]))


def _losses(
    explanation: Explanation,
    sets: dict[str, list[str]],
    chosen: list[str],
    n_permutations: int,
    progress: bool,
) -> pd.DataFrame:
    """Permutation and drop columns for descriptors and groups, each set computed once; groups come first."""
    out = pd.DataFrame(index=pd.Index(sets))
    if n_permutations:
        out = out.join(permutation_importance(explanation, sets=sets, n_permutations=n_permutations, progress=progress))
    if chosen:
        out = out.join(drop_importance(explanation, {name: sets[name] for name in chosen}, progress=progress))
    return out


def _agreement(ranks: NDArray[np.float64]) -> float:
    """Mean Spearman correlation between the ranks of two draws."""
    if len(ranks) < 2 or ranks.shape[1] < 2:
        return float("nan")
    varied = ranks[ranks.std(axis=1) > 0]
    if len(varied) < 2:
        return float("nan")
    matrix = np.corrcoef(varied)
    return float(matrix[np.triu_indices(len(matrix), 1)].mean())
