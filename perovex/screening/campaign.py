"""A campaign played through on labels that exist, to see whether choosing saves labels against drawing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from perovex._progress import progress_bar
from perovex._seeds import seed_for, stream
from perovex.learn import ApplicabilityDomain, folds_for
from perovex.screening.acquisition import ACQUISITIONS, choose
from perovex.screening.model import molecule_tables, regressor

if TYPE_CHECKING:
    from perovex.datasets import ElasticData

RANDOM: Final = "random"
_COLUMNS = ("acquisition", "seed", "labels", "MAE", "best")


@dataclass(frozen=True)
class Campaign:
    """Simulated campaigns.

    Attributes
    ----------
    table : DataFrame
        ``acquisition``, ``seed``, ``labels`` (how many are known), ``MAE`` (GPa, on spacers that are never offered) and
        ``best`` (share of the ten stiffest offered compounds that were found).
    target : str
    """

    table: pd.DataFrame
    target: str

    def against_random(self) -> pd.DataFrame:
        """Compare every acquisition with random choice, seed by seed.

        Returns
        -------
        DataFrame
            Rows: acquisitions. ``MAE`` and ``best`` averaged over the campaign, their differences to random choice on
            the same seeds (``MAE - random`` ...) with 95 % intervals (``lower``, ``upper`` of each, by the bootstrap of
            seeds).
        """
        means = self.table.groupby(["acquisition", "seed"])[["MAE", "best"]].mean()
        lines: dict[str, dict[str, float]] = {}
        for name in self.table["acquisition"].unique():
            line = {column: float(means.loc[name, column].mean()) for column in ("MAE", "best")}
            if name != RANDOM:
                for column in ("MAE", "best"):
                    gap = (means.loc[name, column] - means.loc[RANDOM, column]).to_numpy(float)
                    drawn = stream(0, "seeds of campaigns").choice(gap, size=(2000, len(gap))).mean(axis=1)
                    lower, upper = np.percentile(drawn, [2.5, 97.5])
                    line |= {
                        f"{column} - random": float(gap.mean()),
                        f"{column} lower": lower,
                        f"{column} upper": upper,
                    }
            lines[name] = line
        return pd.DataFrame.from_dict(lines, orient="index")


def simulate(  # noqa: PLR0913 - what is played
    data: ElasticData,
    target: str = "E_in_plane",
    *,
    acquisitions: tuple[str, ...] = ACQUISITIONS,
    start: int = 20,
    step: int = 5,
    stop: int = 100,
    n_seeds: int = 20,
    random_state: int = 0,
    progress: bool = False,
) -> Campaign:
    """Play campaigns through: start from a few random labels, add some at a time, measure on spacers held out.

    A fifth of the spacers is never offered and serves as the test, another for each seed.

    Parameters
    ----------
    data : ElasticData
    target : str
    acquisitions : tuple of str
        Beside random choice.
    start, step, stop : int
        Labels at the beginning, added at a time, and at the end.
    n_seeds : int
    random_state : int
    progress : bool, default False
        Show a progress bar on standard error.

    Returns
    -------
    Campaign
    """
    X, moduli, groups, _ = molecule_tables(data)
    y = moduli[target]
    rows: list[tuple[Any, ...]] = []
    for seed in progress_bar(range(n_seeds), desc="campaigns", shown=progress):
        folds = folds_for("group", X, y, groups, n_splits=5, random_state=seed_for(random_state, "campaign", seed))
        offered, test = folds[0]
        first = stream(random_state, "first labels", seed).permutation(offered)[:start]
        for name in (RANDOM, *acquisitions):
            rows += _play(name, seed, X, y, groups, offered, test, first, step, min(stop, len(offered)), random_state)
    return Campaign(pd.DataFrame(rows, columns=list(_COLUMNS)), target)


def _play(  # noqa: PLR0913, PLR0917 - one campaign has this many parts
    name: str,
    seed: int,
    X: pd.DataFrame,
    y: pd.Series,
    groups: pd.Series,
    offered: np.ndarray,
    test: np.ndarray,
    first: np.ndarray,
    step: int,
    stop: int,
    random_state: int,
) -> list[tuple[Any, ...]]:
    """Play one campaign."""
    values = y.to_numpy(float)
    stiffest = set(offered[np.argsort(-values[offered], kind="stable")[:10]])
    known = list(first)
    drawn = stream(random_state, "random choice", seed)
    rows = []
    while True:
        model = (
            regressor(str(y.name)).set_params(interval_folds=0).fit(X.iloc[known], values[known], groups.iloc[known])
        )
        error = float(np.abs(model.predict(X.iloc[test]) - values[test]).mean())
        rows.append((name, seed, len(known), error, len(stiffest & set(known)) / len(stiffest)))
        rest = np.array([i for i in offered if i not in set(known)])
        if len(known) >= stop or not len(rest):
            return rows
        count = min(step, stop - len(known))
        if name == RANDOM:
            picked = [int(i) for i in drawn.permutation(len(rest))[:count]]
        else:
            domain = ApplicabilityDomain().fit(X.iloc[known], groups=np.arange(len(known)))
            picked = choose(
                name, model, X.iloc[known], X.iloc[rest], count, best=float(values[known].max()),
                scaled=lambda table, fitted=domain: scale(table, fitted),
            )  # fmt: skip
        known += [int(rest[i]) for i in picked]


def scale(table: pd.DataFrame, domain: ApplicabilityDomain) -> np.ndarray:
    """Return descriptors in standard deviations, redundant ones weighing less, as the domain measures distances.

    Parameters
    ----------
    table : DataFrame
    domain : ApplicabilityDomain
    """
    values = table[list(domain.feature_names_in_)].to_numpy(float)
    filled = np.where(np.isnan(values), domain.median_, values)
    return np.asarray((filled - domain.mean_) / domain.scale_ * np.sqrt(domain.column_weights_))
