"""Shadow descriptors: shuffled copies that show how important pure noise looks in this table.

References
----------
Kursa and Rudnicki, Feature selection with the Boruta package, J. Stat. Softw. 36(11) (2010),
10.18637/jss.v036.i11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from perovex._progress import progress_bar
from perovex._seeds import seed_for, stream
from perovex.explain.attribution.draws import explain_rows, some_rows
from perovex.explain.importance.clusters import CorrelationGroups, correlation_groups
from perovex.explain.tables import half_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation

#: Share of models in which a descriptor must beat the best shuffled copy to stand out of the noise.
STANDS_OUT: Final = 0.5


@dataclass(frozen=True, eq=False)
class NoiseFloor:
    """Importance of descriptors against that of shuffled copies in the same models.

    Attributes
    ----------
    above : Series
        Descriptor -> fraction of models in which it beats the best shuffled copy of all descriptors.
    floor : float
        Median over models of the best shuffled copy's importance, as a share of the real descriptors' sum.
    n_models : int
        Number of models.
    values : tuple of ndarray
        Per model, SHAP values of the real descriptors on held-out rows.
    best_set : ndarray, shape (n_models,)
        Per model, importance of the best shuffled set of correlated descriptors.
    """

    above: pd.Series
    floor: float
    n_models: int
    values: tuple[NDArray[np.float64], ...]
    best_set: NDArray[np.float64]

    def set_above(self, position: NDArray[np.int64]) -> float:
        """Fraction of models in which descriptors taken together beat the best shuffled set.

        Parameters
        ----------
        position : ndarray of int
            Columns of the set.
        """
        joint = np.array([np.abs(v[:, position].sum(axis=1)).mean() for v in self.values])
        return float((joint > self.best_set).mean())


def shuffle_like(
    X: pd.DataFrame,
    groups: NDArray[np.int64],
    rng: np.random.Generator,
    clusters: CorrelationGroups | None = None,
) -> pd.DataFrame:
    """Shuffle every column on the level on which it varies.

    A descriptor that is constant within groups (a property of the spacer, say) is shuffled between groups:
    shuffled row by row it would become a far weaker kind of noise than the one it stands for. All others are
    shuffled between rows.

    Parameters
    ----------
    X : DataFrame, shape (rows, descriptors)
        Table.
    groups : ndarray of int, shape (rows,)
        Group codes.
    rng : numpy.random.Generator
        Source of randomness.
    clusters : CorrelationGroups, optional
        Columns of one cluster are shuffled alike, so that their correlation survives.

    Returns
    -------
    DataFrame
        Shuffled copy with the same columns.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> X = pd.DataFrame({"stei": [1.0, 1.0, 2.0, 2.0]})
    >>> shadow = shuffle_like(X, np.array([0, 0, 1, 1]), np.random.default_rng(0))["stei"]
    >>> bool(shadow[0] == shadow[1] and shadow[2] == shadow[3])
    True
    """
    values = X.to_numpy()
    _, first = np.unique(groups, return_index=True)
    representative = values[first]
    same = (values == representative[groups]) | (np.isnan(values) & np.isnan(representative[groups]))
    constant = same.all(axis=0)
    out = np.empty_like(values)
    labels = list(X.columns) if clusters is None else list(clusters.labels)
    orders: dict[tuple[str, bool], NDArray[np.int64]] = {}
    for j, label in enumerate(labels):
        between = bool(constant[j])
        key = (label, between)
        if key not in orders:
            orders[key] = rng.permutation(len(first) if between else len(values))
        out[:, j] = representative[orders[key], j][groups] if between else values[orders[key], j]
    return pd.DataFrame(out, index=X.index, columns=X.columns)


def noise_floor(explanation: Explanation, *, n_shadow: int = 40, progress: bool = False) -> NoiseFloor:
    """Fit models on the table and a shuffled copy of it, and compare importances on held-out groups.

    Parameters
    ----------
    explanation : Explanation
        Gives estimator, table, target and groups, and the space and perturbation of the values.
    n_shadow : int
        Number of models, each on half of the groups with new shuffles.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    NoiseFloor
        Fractions of wins and the level of noise.
    """
    problem = explanation.problem
    rng = stream(explanation.random_state, "shadows")
    width = problem.X.shape[1]
    clusters = correlation_groups(problem.X)
    members = [problem.X.columns.get_indexer(pd.Index(m)) + width for m in clusters.members.values()]
    wins, floors, kept, best_set = np.zeros(width), [], [], []
    parts = half_samples(problem, n_shadow, rng)
    for number, (train, held) in enumerate(progress_bar(parts, desc="shadows", shown=progress, leave=False)):
        shadow = shuffle_like(problem.X, problem.groups, rng, clusters).add_prefix("shadow of ")
        doubled = problem.with_table(pd.concat([problem.X, shadow], axis=1))
        model = doubled.fit(train, seed=seed_for(explanation.random_state, "model with shadows", number))
        values = explain_rows(explanation, model, doubled, train, some_rows(held, rng))
        importance = np.abs(values).mean(axis=0)
        best = importance[width:].max()
        wins += importance[:width] > best
        floors.append(best / max(importance[:width].sum(), 1e-300))
        kept.append(values[:, :width])
        best_set.append(max(np.abs(values[:, m].sum(axis=1)).mean() for m in members))
    above = pd.Series(wins / n_shadow, index=problem.X.columns, name="p_above_noise")
    return NoiseFloor(above, float(np.median(floors)), n_shadow, tuple(kept), np.array(best_set))
