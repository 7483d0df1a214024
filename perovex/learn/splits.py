"""Ways to hold rows out: by spacer, by halide, by source, by cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.cluster import AgglomerativeClustering
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from perovex._seeds import seed_for
from perovex.errors import ModelInputError
from perovex.learn.tables import as_groups, need_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Folds = list[tuple[NDArray[np.int64], NDArray[np.int64]]]

SCHEMES = ("group", "leave-one-<column>-out", "leave-cluster-out", "leave-like-groups-out", "rows")
_ALIASES = {"n": "n_layers", "spacer": "spacer_smiles"}


def folds_for(
    scheme: str,
    X: pd.DataFrame,
    y: pd.Series,
    groups: pd.Series,
    *,
    meta: pd.DataFrame | None = None,
    classify: bool = False,
    n_splits: int = 5,
    random_state: int | None = 0,
) -> Folds:
    """Split rows into training and test parts.

    Parameters
    ----------
    scheme : str
        ``"group"``: folds of whole groups. ``"leave-one-<column>-out"``: one fold for each value of a column
        of `meta` (``halide``, ``metal``, ``phase``, ``n``, ``source`` ...); the same spacer may then stand on
        both sides. ``"leave-cluster-out"``: folds of clusters in descriptor space (Ward).
        ``"leave-like-groups-out"``: folds of clusters of groups that resemble each other (Ward on the mean
        descriptors of each group). ``"rows"``: random rows; leaks spacers, only for showing how much.
    X, y, groups : DataFrame, Series, Series
        Table, target (labels where `classify`) and groups, by position.
    meta : DataFrame, optional
        Needed by ``"leave-one-<column>-out"``.
    classify : bool, default False
        Spread classes evenly over the folds as far as groups allow.
    n_splits : int, default 5
        At most; never more than there are groups.
    random_state : int, default 0
        Seed of the assignment.

    Returns
    -------
    list of (train, test)
        Positions of rows.

    Raises
    ------
    ModelInputError
        Unknown scheme, or groups too few to split.
    """
    if scheme.startswith("leave-one-") and scheme.endswith("-out"):
        return _leave_one_out(_column(scheme, meta, len(X)))
    if scheme == "leave-cluster-out":
        return _leave_one_out(clusters(X, n_splits))
    if scheme == "leave-like-groups-out":
        need_groups(groups, 3, "leaving like groups out")
        return _leave_one_out(clusters_of_groups(X, groups, n_splits))
    if scheme == "rows":
        kind: Any = StratifiedKFold if classify else KFold
        n = min(n_splits, int(y.value_counts().min()) if classify else len(X))
        if n < 2:
            raise ModelInputError("too few rows of one class to split")
        return list(kind(n, shuffle=True, random_state=random_state).split(X, y))
    if scheme != "group":
        raise ModelInputError(f"unknown scheme {scheme!r}", remedy=f"one of {', '.join(SCHEMES)}")
    need_groups(groups, 2, "grouped validation")
    return _grouped(y, groups, n_splits, classify, random_state)


def repeat_seed(random_state: int, repeat: int) -> int:
    """Return the seed of the folds of a repeat, which validation and explanation share.

    Examples
    --------
    >>> repeat_seed(0, 1) == repeat_seed(1, 0)
    False
    """
    return seed_for(random_state, "folds of a repeat", repeat)


def fold_names(
    scheme: str, X: pd.DataFrame, groups: pd.Series, meta: pd.DataFrame | None, n_splits: int = 5
) -> list[str]:
    """Return what each fold of a scheme that leaves something out holds back, in the order of `folds_for`.

    Parameters
    ----------
    scheme, X, groups, meta, n_splits
        As in `folds_for`.
    """
    if scheme == "leave-like-groups-out":
        labels = clusters_of_groups(X, groups, n_splits)
    elif scheme == "leave-cluster-out":
        labels = clusters(X, n_splits)
    else:
        labels = _column(scheme, meta, len(X))
    return sorted(labels.unique())


def _grouped(y: pd.Series, groups: pd.Series, n_splits: int, classify: bool, seed: int | None) -> Folds:
    most = min(n_splits, groups.nunique())
    blank = np.zeros(len(y))
    if not classify:
        return list(GroupKFold(most, shuffle=True, random_state=seed).split(blank, groups=groups))
    code = y.astype(int).to_numpy()
    most = max(2, min(most, int(np.bincount(code).min())))
    for n in range(most, 1, -1):
        for attempt in range(10):
            trial = seed if seed is None or not attempt else seed_for(seed, "folds", attempt)
            splitter = StratifiedGroupKFold(n, shuffle=True, random_state=trial)
            folds = [(a, b) for a, b in splitter.split(blank, code, groups) if len(b)]
            if len(folds) > 1 and all(len(np.unique(code[train])) == 2 for train, _ in folds):
                return folds
    raise ModelInputError(
        "one class occurs in a single group, so that no grouped split can train on both classes",
        remedy="choose another threshold or add crystals of other groups (spacers)",
    )


def _column(scheme: str, meta: pd.DataFrame | None, n_rows: int) -> pd.Series:
    name = scheme.removeprefix("leave-one-").removesuffix("-out")
    if meta is None:
        raise ModelInputError(f"scheme {scheme!r} needs meta", remedy=f"pass a DataFrame with a column {name!r}")
    for column in (name, _ALIASES.get(name, name)):
        if column in meta.columns:
            return as_groups(meta[column], n_rows)
    raise ModelInputError(
        f"scheme {scheme!r}: meta has no column {name!r}",
        remedy=f"its columns are {', '.join(map(str, meta))}",
    )


def _leave_one_out(labels: pd.Series) -> Folds:
    values = sorted(labels.unique())
    if len(values) < 2:
        raise ModelInputError(f"only one value ({values[0]}) to leave out", remedy='use scheme="group"')
    array = labels.to_numpy()
    return [(np.flatnonzero(array != value), np.flatnonzero(array == value)) for value in values]


def clusters(X: pd.DataFrame, n_clusters: int = 5) -> pd.Series:
    """Cluster rows in standardised descriptor space (Ward linkage), deterministic.

    Parameters
    ----------
    X : DataFrame, shape (n_rows, n_descriptors)
        Missing values count as the median.
    n_clusters : int
        Fewer where there are fewer rows.

    Returns
    -------
    Series
        ``"cluster 0"`` and so on, by position.

    Raises
    ------
    ModelInputError
        If there are fewer than three rows.

    Examples
    --------
    >>> clusters(pd.DataFrame({"a": [0.0, 0.1, 5.0, 5.1]}), 2).tolist()
    ['cluster 0', 'cluster 0', 'cluster 1', 'cluster 1']
    """
    if len(X) < 3:
        raise ModelInputError(f"{len(X)} rows cannot be clustered")
    scaled = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    labels = AgglomerativeClustering(min(n_clusters, len(X) - 1)).fit_predict(scaled.fit_transform(X))
    return pd.Series([f"cluster {label}" for label in labels])


def clusters_of_groups(X: pd.DataFrame, groups: pd.Series, n_clusters: int = 5) -> pd.Series:
    """Cluster groups by their mean descriptors, so that like spacers are held out together; one label per row.

    Parameters
    ----------
    X : DataFrame, shape (n_rows, n_columns)
    groups : Series, shape (n_rows,)
        By position.
    n_clusters : int
        At most.

    Examples
    --------
    >>> X = pd.DataFrame({"stei": [0.0, 0.2, 5.0, 5.1, 0.1]})
    >>> clusters_of_groups(X, pd.Series(["BA", "BA", "PEA", "FPEA", "PA"]), 2).tolist()
    ['like BA', 'like BA', 'like FPEA', 'like FPEA', 'like BA']
    """
    labels = groups.astype(str).to_numpy()
    means = X.groupby(labels).mean()
    cluster = pd.Series(clusters(means, n_clusters).to_numpy(), index=means.index)
    leaders = {code: f"like {names.index[0]}" for code, names in cluster.groupby(cluster)}
    return pd.Series([leaders[cluster[label]] for label in labels])
