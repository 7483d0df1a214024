"""Which compounds to label next: by expected improvement, by uncertainty, by diversity, or by an open claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import norm

from perovex.errors import PerovexError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

ACQUISITIONS: Final = ("improvement", "uncertainty", "diversity", "claim")


def expected_improvement(centre: Array, deviation: Array, best: float) -> Array:
    """Return by how much a label is expected to exceed the best one known (Jones, Schonlau, Welch 1998).

    Parameters
    ----------
    centre, deviation : ndarray, shape (n_rows,)
        Mean and standard deviation of what a label will be, larger is better.
    best : float
        Best label known.

    References
    ----------
    .. [1] D. R. Jones, M. Schonlau, W. J. Welch, J. Glob. Optim. 13, 455 (1998), doi:10.1023/A:1008306431147

    Examples
    --------
    >>> expected_improvement(np.array([0.0]), np.array([1.0]), 0.0).round(4).tolist()  # 1 / sqrt(2 pi)
    [0.3989]
    """
    z = (centre - best) / deviation
    return np.asarray(deviation * (z * norm.cdf(z) + norm.pdf(z)))


def farthest_first(known: Array, candidates: Array, count: int) -> list[int]:
    """Choose candidates one by one, each as far as possible from all known and chosen ones.

    Parameters
    ----------
    known : ndarray, shape (n_known, n_columns)
    candidates : ndarray, shape (n_candidates, n_columns)
    count : int

    Examples
    --------
    >>> farthest_first(np.array([[0.0]]), np.array([[1.0], [5.0], [-3.0]]), 2)
    [1, 2]
    """
    if len(known):
        distance = cdist(candidates, known).min(axis=1)
    else:  # nothing is known: begin with what is most typical
        distance = -np.linalg.norm(candidates - candidates.mean(axis=0), axis=1)
    chosen: list[int] = []
    for _ in range(min(count, len(candidates))):
        following = int(np.argmax(distance))
        chosen.append(following)
        reach = cdist(candidates, candidates[following : following + 1])[:, 0]
        distance = np.minimum(distance, reach) if len(known) or len(chosen) > 1 else reach
        distance[chosen] = -np.inf
    return chosen


def claim_gain(centre_column: Array, deviation: Array, column: Array) -> Array:
    """Return how much a label would tell about the slope of the modulus along one descriptor.

    A label of small noise far out on the descriptor decides an open claim about it soonest: the gain is the squared
    distance of the descriptor from its mean over the variance of the label.

    Parameters
    ----------
    centre_column : ndarray, shape (n_known,)
        The descriptor of what is labelled already.
    deviation : ndarray, shape (n_rows,)
        Standard deviation of the labels to come.
    column : ndarray, shape (n_rows,)
        The descriptor of the candidates.

    Examples
    --------
    >>> claim_gain(np.array([0.0, 2.0]), np.ones(2), np.array([1.0, 4.0])).tolist()
    [0.0, 9.0]
    """
    middle = np.nanmean(centre_column)  # undefined for a crystal without ammonium
    return np.nan_to_num((column - middle) ** 2 / deviation**2)


def choose(  # noqa: PLR0913 - what decides a choice
    acquisition: str,
    model: Any,
    known: Any,
    candidates: Any,
    count: int,
    *,
    best: float = 0.0,
    sign: float = 1.0,
    scaled: Any = None,
    descriptor: str = "stei_head",
) -> list[int]:
    """Choose which candidates to label.

    Parameters
    ----------
    acquisition : {"improvement", "uncertainty", "diversity", "claim"}
    model : ProcessRegressor
        Fitted on what is known.
    known, candidates : DataFrame
        Descriptors.
    count : int
    best : float
        Best label known, GPa.
    sign : {1, -1}
        Whether stiff or soft is better.
    scaled : callable, optional
        From descriptors to comparable columns; for diversity.
    descriptor : str
        Of the claim.

    Returns
    -------
    list of int
        Positions among the candidates, the first first.

    Raises
    ------
    PerovexError
        Unknown acquisition or descriptor.
    """
    if acquisition not in ACQUISITIONS:
        raise PerovexError(f"unknown acquisition {acquisition!r}", remedy=f"use one of {', '.join(ACQUISITIONS)}")
    if acquisition == "diversity":
        return farthest_first(scaled(known), scaled(candidates), count)
    centre, deviation = model.centre_and_deviation(candidates)
    if acquisition == "improvement":
        gain = expected_improvement(sign * centre, deviation, sign * np.log(best))
    elif acquisition == "uncertainty":
        gain = deviation
    elif descriptor in candidates:
        gain = claim_gain(known[descriptor].to_numpy(float), deviation, candidates[descriptor].to_numpy(float))
    else:
        raise PerovexError(f"no descriptor {descriptor!r}", remedy=f"use one of {', '.join(candidates)}")
    return [int(i) for i in np.argsort(-gain, kind="stable")[:count]]
