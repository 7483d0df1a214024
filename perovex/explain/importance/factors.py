"""Whether it is the angle, the halide, the spacer or n, as far as the models can tell.

Three answers side by side: the joint SHAP share of the descriptors that stand for each factor, what the held-out
error loses when they are shuffled, and what it still loses when they are shuffled only among crystals that share
another factor. Descriptors that matter only as a stand-in for the halide lose their importance within a halide.

References
----------
Strobl et al., BMC Bioinformatics 9, 307 (2008), 10.1186/1471-2105-9-307, for conditional importance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.errors import ModelInputError
from perovex.explain.correlation import correlation_ratio
from perovex.explain.importance.loss import permutation_importance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation


def factor_importance(
    explanation: Explanation,
    sets: Mapping[str, Sequence[str]],
    *,
    given: pd.DataFrame | None = None,
    n_permutations: int = 10,
    progress: bool = False,
) -> pd.DataFrame:
    """Measure the importance of sets of descriptors, alone and with other factors held equal.

    Parameters
    ----------
    explanation : Explanation
        Holds the models and their held-out rows.
    sets : mapping of str to sequence of str
        Factor -> descriptors that stand for it; unknown ones are left out.
    given : DataFrame, shape (rows, factors), optional
        What to hold equal, one column at a time (halide, n, spacer); index as in the explained table.
    n_permutations : int
        Shuffles per model.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    DataFrame
        Index: factors, largest share first. ``share`` of the joint SHAP values with ``importance``, ``lower``,
        ``upper`` (interval over groups, unit of the values) and ``n_descriptors``; ``permutation`` (increase of
        the held-out loss, unit of the target, or nats), and per column of `given` ``given <column>`` (the same,
        shuffled among crystals that agree in it) with ``shuffled <column>`` (fraction of held-out rows that had a
        partner to be exchanged with: near 0 the column says nothing).

    Raises
    ------
    ModelInputError
        If no set has a known descriptor or `given` does not match the rows.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from perovex.explain import explain
    >>> halide = pd.DataFrame({"halide": ["I", "Br"] * 20})
    >>> X = pd.DataFrame({"radius": np.where(halide["halide"] == "I", 2.2, 1.96), "noise": np.arange(40.0)})
    >>> explanation = explain(RandomForestRegressor(10), X, 10 / X["radius"], n_repeats=1, progress=False)
    >>> table = factor_importance(explanation, {"halide": ["radius"]}, given=halide, progress=False)
    >>> bool(table.loc["halide", "permutation"] > 0.1), float(table.loc["halide", "given halide"])
    (True, 0.0)
    """
    known = {name: [d for d in members if d in explanation.X.columns] for name, members in sets.items()}
    known = {name: members for name, members in known.items() if members}
    if not known:
        raise ModelInputError("no descriptor of these factors was explained", remedy="name columns of the table")
    table = explanation.grouped_importance(known)

    def shuffled(strata: NDArray[np.int64] | None = None) -> pd.Series:
        return permutation_importance(
            explanation, sets=known, n_permutations=n_permutations, strata=strata, progress=progress
        )["permutation"]

    table["permutation"] = shuffled()
    for column, values in {} if given is None else given.items():
        if not values.index.equals(explanation.X.index):
            raise ModelInputError("`given` has other rows than the explained table", remedy="align it by crystal")
        strata = pd.factorize(values)[0].astype(np.int64)
        partners = [np.bincount(strata[fold.test])[strata[fold.test]] > 1 for fold in explanation.folds]
        table[f"given {column}"] = shuffled(strata)
        table[f"shuffled {column}"] = float(np.concatenate(partners).mean())
    table.index.name = "factor"
    return table


def descriptors_of_factors(X: pd.DataFrame, factors: pd.DataFrame, *, threshold: float = 0.9) -> dict[str, list[str]]:
    """Find the descriptors that carry each factor: those that hardly vary where the factor is equal.

    Bond lengths carry the halide as well as the halide's radius does, and trees take whichever comes first: joint
    importances only make sense for all of them together.

    Parameters
    ----------
    X : DataFrame, shape (rows, descriptors)
        Descriptors.
    factors : DataFrame, shape (rows, factors)
        Categories or counts (halide, n, spacer), read by level.
    threshold : float
        Least share of a descriptor's variance between the levels, adjusted for their number.

    Returns
    -------
    dict of str to list of str
        Factor -> descriptors, each with the factor that explains most of it; the rest is under ``"other"``.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> factors = pd.DataFrame({"halide": ["I", "Br"] * 10})
    >>> bond = np.where(factors["halide"] == "I", 3.2, 3.0) + 0.01 * np.cos(np.arange(20))
    >>> descriptors_of_factors(pd.DataFrame({"bond": bond, "angle": np.arange(20.0)}), factors)
    {'halide': ['bond'], 'other': ['angle']}
    """
    out: dict[str, list[str]] = {name: [] for name in (*map(str, factors.columns), "other")}
    for name in X.columns:
        known = X[name].notna()
        numbers = X[name][known]
        shares: dict[str, float] = {}
        for factor, categories in factors.items():
            shares[str(factor)] = _adjusted_share(numbers, categories[known].astype(str))
        best = max(shares, key=lambda factor: shares[factor])
        owner = best if shares[best] >= threshold else "other"
        out[owner].append(str(name))
    return out


def _adjusted_share(number: pd.Series, category: pd.Series) -> float:
    """Share of a number's variance between categories, adjusted for their number; 0 where undefined."""
    n_rows, n_categories = len(number), category.nunique()
    if n_rows <= n_categories or n_categories < 2 or not np.ptp(number) > 0:
        return 0.0
    left = 1 - correlation_ratio(number, category) ** 2
    return float(1 - left * (n_rows - 1) / (n_rows - n_categories))
