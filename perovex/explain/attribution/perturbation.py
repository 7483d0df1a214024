"""What changes when absent descriptors are averaged the other way: along the trees, or over the background."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from perovex._json import json_safe
from perovex.explain.attribution.attribute import attribute
from perovex.explain.attribution.view import table_html
from perovex.explain.attribution.words import perturbations_in_words

if TYPE_CHECKING:
    from perovex.explain.attribution.attribute import Perturbation
    from perovex.explain.attribution.explanation import Explanation


@dataclass(frozen=True, eq=False)
class PerturbationComparison:
    """Importance by both ways of leaving a descriptor out, from the same models and rows.

    Attributes
    ----------
    table : DataFrame
        Index: descriptors, largest change first. ``path_dependent`` and ``interventional`` (shares of all
        importance), ``difference`` (interventional minus path-dependent), ``rank_path_dependent``,
        ``rank_interventional``.
    rank_agreement : float
        Spearman correlation between the two.
    """

    table: pd.DataFrame
    rank_agreement: float

    #: A change of share that is worth a word.
    NOTABLE: ClassVar[float] = 0.02

    def moved(self) -> pd.Series:
        """Return the changes of share that are worth a word, largest first."""
        difference = self.table["difference"]
        return difference[difference.abs() >= self.NOTABLE]

    def sentence(self) -> str:
        """Return in words what differs and how to read it."""
        return perturbations_in_words(self)

    def to_frame(self) -> pd.DataFrame:
        """Return the table."""
        return self.table

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        content = {"rank_agreement": self.rank_agreement, "sentence": self.sentence()}
        out: dict[str, Any] = json_safe({**content, "descriptors": self.table.to_dict(orient="index")})
        return out

    def to_json(self, *, indent: int | None = None) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def _repr_html_(self) -> str:
        return table_html(self.table, self.sentence())


def compare_perturbations(explanation: Explanation) -> PerturbationComparison:
    """Explain the held-out rows the other way with the models that are there, and say what differs.

    Parameters
    ----------
    explanation : Explanation
        By either way.

    Returns
    -------
    PerturbationComparison
        Shares and ranks by both.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from perovex.explain import explain
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(30, 2)), columns=["angle", "noise"])
    >>> explanation = explain(RandomForestRegressor(10), X, X["angle"], n_repeats=1)
    >>> compare_perturbations(explanation).table["rank_interventional"].sort_values().to_dict()
    {'angle': 1.0, 'noise': 2.0}
    """
    problem = explanation.problem
    mine = explanation.perturbation
    other: Perturbation = "interventional" if mine == "tree_path_dependent" else "tree_path_dependent"
    total = np.zeros(problem.X.shape[1])
    for fold in explanation.folds:
        attribution = attribute(
            fold.model,
            problem.X.iloc[fold.test],
            background=problem.X.iloc[fold.train],
            space=explanation.space,
            perturbation=other,
        )
        total += np.abs(attribution.values).sum(axis=0)
    shares = {
        mine: explanation.importance()["share"].reindex(problem.X.columns).to_numpy(),
        other: total / max(float(total.sum()), 1e-300),
    }
    first, second = shares["tree_path_dependent"], shares["interventional"]
    table = pd.DataFrame(
        {
            "path_dependent": first,
            "interventional": second,
            "difference": second - first,
            "rank_path_dependent": rankdata(-first),
            "rank_interventional": rankdata(-second),
        },
        index=pd.Index(problem.X.columns, name="descriptor"),
    )
    order = table["difference"].abs().sort_values(ascending=False, kind="stable").index
    ranks = table[["rank_path_dependent", "rank_interventional"]].to_numpy()
    agreement = float(np.corrcoef(ranks.T)[0, 1]) if (ranks.std(axis=0) > 0).all() else float("nan")
    return PerturbationComparison(table.loc[order], agreement)
