"""Correlated descriptors: an importance cannot be told apart within a group, so groups are ranked too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from perovex.explain.correlation import spearman_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CorrelationGroups:
    """Descriptors clustered by the strength of their rank correlation.

    Attributes
    ----------
    labels : Series
        Descriptor -> name of its group (the name of its first member in column order).
    linkage : ndarray, shape (descriptors - 1, 4)
        Average linkage on 1 - abs(Spearman), as scipy writes it.
    correlation : DataFrame
        Spearman correlation, descriptors by descriptors; NaN for constant descriptors.
    threshold : float
        abs(Spearman) above which groups were merged (on average).
    """

    labels: pd.Series
    linkage: NDArray[np.float64]
    correlation: pd.DataFrame
    threshold: float

    @property
    def members(self) -> dict[str, list[str]]:
        """Group name -> descriptors."""
        return {str(name): list(part.index) for name, part in self.labels.groupby(self.labels, sort=False)}

    def partners(self, descriptor: str) -> list[str]:
        """Return the other descriptors of a descriptor's group."""
        return [d for d in self.members[str(self.labels[descriptor])] if d != descriptor]


def correlation_groups(X: pd.DataFrame, *, threshold: float = 0.8) -> CorrelationGroups:
    """Cluster descriptors by average linkage on 1 - abs(Spearman).

    Parameters
    ----------
    X : DataFrame, shape (rows, descriptors)
        Table; missing values allowed. Constant descriptors end up alone.
    threshold : float
        Merge while the average abs(Spearman) is at least this.

    Returns
    -------
    CorrelationGroups
        Labels, linkage and correlation matrix.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> a = np.arange(20.0)
    >>> X = pd.DataFrame({"angle": a, "tilt": -a, "stei": np.tile([0.0, 1.0, 2.0, 3.0], 5)})
    >>> correlation_groups(X).members
    {'angle': ['angle', 'tilt'], 'stei': ['stei']}
    """
    correlation = spearman_matrix(X)
    strength = np.nan_to_num(np.abs(correlation.to_numpy()), nan=0.0)
    distance = 1.0 - np.minimum((strength + strength.T) / 2, 1.0)
    np.fill_diagonal(distance, 0.0)
    if X.shape[1] < 2:
        return CorrelationGroups(pd.Series(list(X.columns), index=X.columns), np.empty((0, 4)), correlation, threshold)
    tree = linkage(squareform(distance, checks=False), method="average")
    codes = fcluster(tree, t=1.0 - threshold + 1e-9, criterion="distance")
    first: dict[int, str] = {}
    for column, code in zip(X.columns, codes, strict=True):
        first.setdefault(int(code), str(column))
    labels = pd.Series([first[int(code)] for code in codes], index=X.columns, name="correlation_group")
    return CorrelationGroups(labels, tree, correlation, threshold)
