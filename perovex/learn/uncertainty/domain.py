"""Where a model may be asked: distance to, and density of, the training crystals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import logsumexp
from sklearn.base import BaseEstimator
from sklearn.metrics import pairwise_distances_chunked
from sklearn.utils.validation import check_is_fitted

from perovex._json import json_safe
from perovex.errors import ModelInputError
from perovex.learn import metrics
from perovex.learn.tables import as_groups, as_table, check_columns
from perovex.learn.uncertainty.words import Changed, Deviation, reason_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray


_CHUNK = 16  # MiB of distances held at once


class ApplicabilityDomain(BaseEstimator):
    """Tell rows that resemble the training rows from rows that do not.

    Descriptors are standardised (missing values at the training median) and redundancy is not counted twice:
    each column weighs one over the number of training columns it correlates with (sum of squared
    correlations). Two views are combined. Distance: mean distance to the `n_neighbors` nearest training rows.
    Density: Gaussian kernel density with a bandwidth of the median training distance. A row is out of the
    domain when its distance exceeds, or its density falls below, what all but a share ``1 - quantile`` of the
    training rows show when their own group is left out.

    Parameters
    ----------
    n_neighbors : int, default 5
        Neighbours averaged over; at most the rows outside the smallest remainder.
    quantile : float, default 0.95
        Share of training rows (seen from other groups) that counts as inside.
    weights : dict of str to float, optional
        Further weight per descriptor, for instance its importance; others weigh 1.
    max_rows : int, default 2000
        Of larger tables so many rows, spread evenly over the groups, stand for all: distances to every row
        would cost time with the square of the rows.
    random_state : int, default 0
        Seed of that draw.

    Attributes
    ----------
    distance_limit_, density_limit_ : float
        Limits in units of `distance` and `log_density`.
    feature_names_in_ : ndarray of str
    n_features_in_ : int
        Number of descriptors.

    Notes
    -----
    The domain says nothing about labels: a row inside may still be predicted badly. Whether errors are larger
    outside is measured by `evaluate(..., domain=ApplicabilityDomain())`.

    References
    ----------
    Sahigara et al., Molecules 17, 4791 (2012), 10.3390/molecules17054791.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> train = pd.DataFrame(rng.normal(size=(60, 2)), columns=["angle", "spacing"])
    >>> new = pd.DataFrame({"angle": [0.0, 0.0], "spacing": [0.0, 9.0]})
    >>> table = ApplicabilityDomain().fit(train).check(new)
    >>> table["in_domain"].tolist(), table["reason"][1].startswith("spacing")
    ([True, False], True)
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        quantile: float = 0.95,
        weights: Mapping[str, float] | None = None,
        max_rows: int = 2000,
        random_state: int | None = 0,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.quantile = quantile
        self.weights = weights
        self.max_rows = max_rows
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, groups: Any = None) -> ApplicabilityDomain:  # noqa: ARG002 - scikit-learn
        """Learn scales and limits.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_descriptors)
        y : ignored
        groups : array_like, optional
            Spacer of each row: limits are taken from distances to rows of other groups, as a new spacer will
            be.

        Raises
        ------
        ModelInputError
            Fewer than three rows, fewer than two groups, or a quantile outside (0, 1].
        """
        table = as_table(X)
        labels = as_groups(groups, len(table)).to_numpy()
        if len(table) < 3 or len(set(labels)) < 2:
            raise ModelInputError("an applicability domain needs at least three rows in two groups")
        if not 0 < self.quantile <= 1:
            raise ModelInputError(f"quantile {self.quantile} is not in (0, 1]")
        if self.max_rows < 3:
            raise ModelInputError(f"max_rows {self.max_rows} is below 3")
        self.feature_names_in_ = table.columns.to_numpy(dtype=object)
        self.never_missing_ = table.notna().all().to_numpy()
        if len(table) > self.max_rows:
            kept = _spread(labels, self.max_rows, self.random_state)
            table, labels = table.iloc[kept], labels[kept]
        values = table.to_numpy()
        with np.errstate(all="ignore"):
            counted = ~np.isnan(values).all(axis=0)
            self.median_ = np.where(counted, _nan_median(values), 0.0)
        filled = np.where(np.isnan(values), self.median_, values)
        self.mean_ = filled.mean(axis=0)
        spread = filled.std(axis=0)
        self.varies_ = spread > 1e-12 * np.maximum(1.0, np.abs(self.mean_))
        self.scale_ = np.where(self.varies_, spread, 1.0)
        self.low_, self.high_ = filled.min(axis=0), filled.max(axis=0)
        scaled = (filled - self.mean_) / self.scale_
        self.column_weights_ = self._column_weights(scaled, list(table.columns))
        self.train_ = scaled * np.sqrt(self.column_weights_)
        self._fit_limits(labels)
        return self

    @property
    def n_features_in_(self) -> int:
        """Number of descriptors in training; also of domains saved without it."""
        return len(self.feature_names_in_)

    def _column_weights(self, scaled: NDArray[Any], names: list[str]) -> NDArray[np.float64]:
        unknown = sorted(set(self.weights or {}) - set(names))
        if unknown:
            raise ModelInputError(f"weights of unknown descriptors: {', '.join(unknown)}")
        correlation = scaled.T @ scaled / len(scaled)
        weight = self.varies_ / np.maximum((correlation**2).sum(axis=0), 1.0)
        weight = weight * np.array([float((self.weights or {}).get(name, 1.0)) for name in names])
        total = weight.sum()
        return np.asarray(weight / total if total > 0 else weight)

    def _fit_limits(self, labels: NDArray[Any]) -> None:
        """Set limits from every training row seen from the other groups."""
        _, codes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
        self.neighbors_ = int(min(self.n_neighbors, len(labels) - sizes.max()))
        self.bandwidth_ = 1.0
        foreign: list[NDArray[Any]] = []
        done = 0
        for block in pairwise_distances_chunked(self.train_, working_memory=_CHUNK):
            own = codes[done : done + len(block), None] == codes[None, :]
            done += len(block)
            foreign.append(
                np.partition(np.where(own, np.inf, block), self.neighbors_ - 1, axis=1)[:, : self.neighbors_]
            )
        distance = np.concatenate(foreign).mean(axis=1)
        self.bandwidth_ = float(max(np.median(distance), 1e-9))
        self.distance_limit_ = float(np.quantile(distance, self.quantile))
        density, done = [], 0
        for block in pairwise_distances_chunked(self.train_, working_memory=_CHUNK):
            own = codes[done : done + len(block), None] == codes[None, :]
            done += len(block)
            density.append(_log_mean_kernel(np.where(own, np.inf, block), self.bandwidth_))
        self.density_limit_ = float(np.quantile(np.concatenate(density), 1 - self.quantile))

    def _look_around(self, at: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean distance to the nearest training rows and log-density, from one pass over the distances."""
        near, thick = [], []
        for block in pairwise_distances_chunked(at, self.train_, working_memory=_CHUNK):
            near.append(np.partition(block, self.neighbors_ - 1, axis=1)[:, : self.neighbors_].mean(axis=1))
            thick.append(_log_mean_kernel(block, self.bandwidth_))
        return np.concatenate(near), np.concatenate(thick)

    def check(self, X: Any, *, reasons: bool = True) -> pd.DataFrame:
        """Judge rows.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_descriptors)
            Same descriptors as in training.
        reasons : bool, default True
            Without it ``reason`` stays empty, which saves most of the time on many rows.

        Returns
        -------
        pandas.DataFrame
            Columns ``distance``, ``log_density``, ``in_domain``, ``score`` (the larger of the two excesses,
            above 1 outside the domain) and ``reason`` (the most deviating descriptors, empty inside).
        """
        check_is_fitted(self)
        check_columns(X, self.feature_names_in_)
        table = as_table(X)
        if isinstance(X, pd.DataFrame):
            table = table[list(self.feature_names_in_)]
        values = table.to_numpy()
        filled = np.where(np.isnan(values), self.median_, values)
        distance, density = self._look_around(self.positions(values))
        far = distance / max(self.distance_limit_, 1e-12)
        # log-density drops with the square of a distance: its square root is comparable with a distance
        thin = np.sqrt(np.maximum(-density, 0.0) / max(-self.density_limit_, 1e-12))
        score = np.maximum(far, thin)
        inside = (score <= 1 + 1e-9) & ~self._off_constant(filled).any(axis=1) & (self._lost(values) <= 0.1)
        told = ["" if ok or not reasons else self._reason(values[i], filled[i]) for i, ok in enumerate(inside)]
        return pd.DataFrame(
            {
                "distance": distance,
                "log_density": density,
                "score": score,
                "in_domain": inside,
                "reason": told,
            },
            index=table.index,
        )

    def positions(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return rows as points between which the domain measures distances.

        Parameters
        ----------
        values : ndarray, shape (n_rows, n_columns)
            Columns as in ``feature_names_in_``; what is missing stands at the median of training.

        Returns
        -------
        ndarray, shape (n_rows, n_columns)
            In standard deviations of training, times the root of each column's weight.
        """
        filled = np.where(np.isnan(values), self.median_, values)
        return np.asarray((filled - self.mean_) / self.scale_ * np.sqrt(self.column_weights_))

    def _off_constant(self, filled: NDArray[Any]) -> NDArray[np.bool_]:
        """Entries that differ from a column that was constant in training."""
        heed = np.array([float((self.weights or {}).get(name, 1.0)) > 0 for name in self.feature_names_in_])
        apart = np.abs(filled - self.mean_) > 1e-6 * np.maximum(1.0, np.abs(self.mean_))
        return np.asarray(apart & ~self.varies_ & heed)

    def _lost(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Share of column weight that is undefined here though it never was in training."""
        lost: NDArray[np.float64] = (np.isnan(values) & self.never_missing_) @ self.column_weights_
        return lost

    def _reason(self, row: NDArray[Any], filled: NDArray[Any], limit: int = 3) -> str:
        """Name the descriptors that deviate most, in words."""
        names = self.feature_names_in_
        z = (filled - self.mean_) / self.scale_
        share = z**2 * np.maximum(self.column_weights_, 0)
        changed = np.flatnonzero(self._off_constant(filled[None, :])[0])[:limit]
        most = np.argsort(-share, kind="stable")[: limit - len(changed)]
        telling = (share[most] > 0) & np.isfinite(z[most])
        most = most[np.logical_and.accumulate(telling)]  # up to the first that tells nothing
        lost = np.flatnonzero(np.isnan(row) & self.never_missing_)[:limit]
        return reason_in_words(
            [Changed(names[i], row[i], self.mean_[i]) for i in changed],
            [Deviation(names[i], filled[i], z[i], self.low_[i], self.high_[i]) for i in most],
            [names[i] for i in lost],
        )


@dataclass(frozen=True)
class DomainErrors:
    """Held-out errors inside and outside an applicability domain.

    Attributes
    ----------
    table : DataFrame
        Rows ``inside`` and ``outside``: ``rows``, ``groups``, ``mean_error``, ``median_error``.
    ratio, lower, upper : float
        Mean error outside over inside, with its 95 % interval over groups.
    spearman : float
        Rank correlation of score and error, which needs no row outside.
    """

    table: pd.DataFrame
    ratio: float
    lower: float
    upper: float
    spearman: float

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return json_safe({"errors": self.table.rename_axis("domain").reset_index(), **_ratio_of(self)})


def _ratio_of(errors: DomainErrors) -> dict[str, float]:
    return {name: getattr(errors, name) for name in ("ratio", "lower", "upper", "spearman")}


def domain_errors(
    error: ArrayLike,
    in_domain: ArrayLike,
    score: ArrayLike,
    groups: ArrayLike,
    *,
    n_resamples: int = 1000,
    random_state: int = 0,
) -> DomainErrors:
    """Compare held-out errors inside and outside the domain, to see whether the warning marks larger ones.

    Parameters
    ----------
    error : array_like, shape (n_rows,)
        Absolute errors of held-out predictions.
    in_domain, score : array_like, shape (n_rows,)
        As `ApplicabilityDomain.check` gave them.
    groups : array_like, shape (n_rows,)
        Resampled for the interval of the ratio.
    n_resamples, random_state : int

    Returns
    -------
    DomainErrors

    Examples
    --------
    >>> errors = domain_errors([1, 1, 3, 3], [True, True, False, False], [0.2, 0.5, 1.2, 1.1], list("abcd"))
    >>> errors.table["mean_error"].tolist(), errors.ratio
    ([1.0, 3.0], 3.0)
    """
    frame = pd.DataFrame(
        {"error": np.asarray(error, float), "inside": np.asarray(in_domain, bool), "score": np.asarray(score, float)}
    )
    frame["group"] = np.asarray(groups).astype(str)
    codes, names = pd.factorize(frame["group"])
    counts = metrics.bootstrap_counts(len(names), n_resamples, random_state)
    size = frame["error"].to_numpy()

    def ratio(_y: Any, _p: Any, w: NDArray[Any]) -> NDArray[np.float64]:
        inside = frame["inside"].to_numpy(float)
        with np.errstate(all="ignore"):
            means = [w @ (size * part) / (w @ part) for part in (1 - inside, inside)]
            return np.asarray(means[0] / means[1])

    drawn = metrics.resampled(ratio, size, size, np.vstack([np.ones((1, len(names))), counts]), codes)
    rows = [frame[frame["inside"]], frame[~frame["inside"]]]
    table = pd.DataFrame(
        {
            "rows": [len(part) for part in rows],
            "groups": [part["group"].nunique() for part in rows],
            "mean_error": [part["error"].mean() for part in rows],
            "median_error": [part["error"].median() for part in rows],
        },
        index=["inside", "outside"],
    )
    low, high = metrics.bootstrap_interval(drawn[1:], len(names))
    rank = metrics.spearman(frame["score"].to_numpy(), size, np.ones((1, len(size))))
    return DomainErrors(table, float(drawn[0]), low, high, float(rank[0]))


def _log_mean_kernel(distance: NDArray[Any], bandwidth: float) -> NDArray[np.float64]:
    """Log of the mean Gaussian kernel over the finite distances of each row."""
    return logsumexp(-0.5 * (distance / bandwidth) ** 2, axis=1) - np.log(np.isfinite(distance).sum(axis=1))


def _spread(labels: NDArray[Any], n_rows: int, seed: int | None) -> NDArray[np.int64]:
    """Draw rows so that every group gives one before any gives its second, and so on."""
    order = np.random.default_rng(seed).permutation(len(labels))
    turn = pd.Series(labels[order]).groupby(labels[order]).cumcount().to_numpy()
    return np.sort(order[np.argsort(turn, kind="stable")[:n_rows]])


def _nan_median(values: NDArray[Any]) -> NDArray[np.float64]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an all-missing column is handled by the caller
        return np.asarray(np.nanmedian(values, axis=0), dtype=float)
