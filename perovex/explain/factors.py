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
from perovex.explain.importance import permutation_importance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perovex.explain.explanation import Explanation


def factor_importance(
    explanation: Explanation,
    sets: Mapping[str, Sequence[str]],
    *,
    given: pd.DataFrame | None = None,
    n_permutations: int = 10,
    progress: bool = True,
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
    >>> found = explain(RandomForestRegressor(10), X, 10 / X["radius"], n_repeats=1, progress=False)
    >>> table = factor_importance(found, {"halide": ["radius"]}, given=halide, progress=False)
    >>> bool(table.loc["halide", "permutation"] > 0.1), float(table.loc["halide", "given halide"])
    (True, 0.0)
    """
    known = {name: [d for d in members if d in explanation.X.columns] for name, members in sets.items()}
    known = {name: members for name, members in known.items() if members}
    if not known:
        raise ModelInputError("no descriptor of these factors was explained", remedy="name columns of the table")
    table = explanation.grouped_importance(known)
    options = {"sets": known, "n_permutations": n_permutations, "progress": progress}
    table["permutation"] = permutation_importance(explanation, **options)["permutation"]
    for column in [] if given is None else given.columns:
        if not given[column].index.equals(explanation.X.index):
            raise ModelInputError("`given` has other rows than the explained table", remedy="align it by crystal")
        strata = pd.factorize(given[column])[0].astype(np.int64)
        found = permutation_importance(explanation, strata=strata, **options)["permutation"]
        partners = [np.bincount(strata[fold.test])[strata[fold.test]] > 1 for fold in explanation.folds]
        table[f"given {column}"] = found
        table[f"shuffled {column}"] = float(np.concatenate(partners).mean())
    table.index.name = "factor"
    return table
