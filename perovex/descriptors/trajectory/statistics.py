"""Mean, spread and autocorrelation time of series seen value by value, in memory of the logarithm of their length.

Pairs of values are averaged, pairs of these averages, and so on. Where blocks are longer than the memory of the series
the variance of their means falls as one over their length; how much larger it is than for independent values is the
statistical inefficiency, twice the autocorrelation time (Flyvbjerg and Petersen, J. Chem. Phys. 91, 461, 1989,
10.1063/1.457480).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_BLOCKS = 16
"""Fewer blocks say too little about the variance of their means."""


class Running:
    """Statistics of many series at once.

    Parameters
    ----------
    keys : list of str
        Name of each series.

    Attributes
    ----------
    count : int
        Values seen, of each series.

    Examples
    --------
    >>> running = Running(["x"])
    >>> for value in range(5):
    ...     running.add(np.array([float(value)]))
    >>> running.table().loc["x", ["mean", "min", "max"]].tolist()
    [2.0, 0.0, 4.0]
    """

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys
        self.count = 0
        self._low, self._high = np.full(len(keys), np.inf), np.full(len(keys), -np.inf)
        self._levels: list[_Level] = []

    def add(self, values: Array) -> None:
        """Take the next value of every series; NaN leaves a series undefined for good."""
        self.count += 1
        self._low, self._high = np.fmin(self._low, values), np.fmax(self._high, values)
        level = 0
        block: Array | None = np.where(np.isfinite(values), values, np.nan)
        while block is not None:
            if level == len(self._levels):
                self._levels.append(_Level(len(self.keys)))
            block = self._levels[level].add(block)
            level += 1

    def table(self) -> pd.DataFrame:
        """Return the statistics.

        Returns
        -------
        DataFrame
            Rows are series; columns ``mean``, ``std``, ``min``, ``max``, ``autocorrelation_time`` (frames),
            ``standard_error``. The last two are NaN where the series is too short to tell.
        """
        first = self._levels[0]
        mean, variance = first.mean, first.variance()
        inefficiency = self._inefficiency(variance)
        with np.errstate(invalid="ignore"):
            spread = np.sqrt(variance)
            error = np.sqrt(variance * inefficiency / self.count)
        constant = self._low == self._high  # infinite ones among them
        columns = {
            "mean": np.where(constant, self._low, mean),
            "std": np.where(constant, 0.0, spread),
            "min": np.where(self._low > self._high, np.nan, self._low),
            "max": np.where(self._low > self._high, np.nan, self._high),
            "autocorrelation_time": inefficiency / 2.0,
            "standard_error": error,
        }
        return pd.DataFrame(columns, index=pd.Index(self.keys, name="descriptor"))

    def _inefficiency(self, variance: Array) -> Array:
        """Largest ratio of the variance of block means to that of independent values, over block lengths."""
        largest = np.full(len(self.keys), np.nan)
        for power, level in enumerate(self._levels):
            if level.count < LEAST_BLOCKS:
                break
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = 2.0**power * level.variance() / variance
            largest = np.fmax(largest, ratio)
        return np.where(variance > 0, largest, np.nan)


class _Level:
    """Mean and variance of the blocks of one length, and the block that waits for a partner."""

    def __init__(self, size: int) -> None:
        self.count = 0
        self.mean = np.zeros(size)
        self._squares = np.zeros(size)
        self._waiting: Array | None = None

    def add(self, block: Array) -> Array | None:
        """Take a block; return the mean of a pair where it completes one."""
        self.count += 1
        change = block - self.mean
        self.mean = self.mean + change / self.count
        self._squares = self._squares + change * (block - self.mean)
        if self._waiting is None:
            self._waiting = block
            return None
        pair, self._waiting = 0.5 * (self._waiting + block), None
        return pair

    def variance(self) -> Array:
        """Variance of the blocks."""
        if self.count < 2:
            return np.full(self.mean.shape, np.nan)
        return np.asarray(self._squares / (self.count - 1))
