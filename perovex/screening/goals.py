"""What a user wants of a compound, as a number to rank by: stiff, soft, anisotropic, or within a window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from perovex.errors import PerovexError
from perovex.screening.model import TARGETS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

GOALS: Final = ("stiff", "soft", "anisotropic", "window")


@dataclass(frozen=True)
class Goal:
    """What is wanted.

    Attributes
    ----------
    kind : {"stiff", "soft", "anisotropic", "window"}
    target : str
        The modulus; not for anisotropy, which is E_in_plane over E_out_of_plane.
    window : (float, float), optional
        Lower and upper end, GPa.

    Raises
    ------
    PerovexError
        Unknown kind or modulus, or a window that is none.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"E_vrh": [8.0, 12.0]})
    >>> Goal("soft", "E_vrh").score(table).argmax()
    np.int64(0)
    """

    kind: str = "stiff"
    target: str = "E_in_plane"
    window: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.kind not in GOALS:
            raise PerovexError(f"unknown goal {self.kind!r}", remedy=f"use one of {', '.join(GOALS)}")
        if self.target not in TARGETS:
            raise PerovexError(f"unknown modulus {self.target!r}", remedy=f"use one of {', '.join(TARGETS)}")
        if (self.kind == "window") != (self.window is not None):
            raise PerovexError(
                "a window belongs to the goal window", remedy="give --rank window --window 8,12, or neither"
            )
        if self.window is not None:
            lower, upper = self.window
            if not 0 < lower < upper < math.inf:
                raise PerovexError(f"no window from {lower:g} to {upper:g} GPa", remedy="give two rising numbers")

    def score(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Return how well rows meet the goal, larger is better.

        Parameters
        ----------
        table : DataFrame
            Columns of moduli, GPa.
        """
        if self.kind == "anisotropic":
            ratio = table["E_in_plane"].to_numpy(float) / table["E_out_of_plane"].to_numpy(float)
            return np.abs(np.log(ratio))
        logs = np.log(table[self.target].to_numpy(float))
        if self.window is not None:
            lower, upper = np.log(self.window)
            return -np.abs(logs - 0.5 * (lower + upper)) / (0.5 * (upper - lower))
        return logs if self.kind == "stiff" else -logs

    def pareto_signs(self) -> tuple[float, float]:
        """Return the directions of the two axes of the Pareto view: E_in_plane and E_out_of_plane."""
        return {"stiff": (1.0, 1.0), "soft": (-1.0, -1.0), "anisotropic": (1.0, -1.0)}.get(self.kind, (1.0, 1.0))


def pareto(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which rows no other row beats in every column.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_columns)
        Larger is better.

    Examples
    --------
    >>> pareto(np.array([[1.0, 3.0], [2.0, 2.0], [1.0, 1.0]])).tolist()
    [True, True, False]
    """
    points = np.asarray(values, dtype=float)
    front = np.ones(len(points), dtype=bool)
    for i, point in enumerate(points):
        better = (points >= point).all(axis=1) & (points > point).any(axis=1)
        front[i] = not better.any()
    return front
