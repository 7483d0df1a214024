"""Sign and strength of descriptors with a modulus, pooled and with rivals held equal: what a claim may mean.

A descriptor can go with stiffness because it causes it, because both follow the halide, n or the source of the crystal,
or through what it does to the packing. One number cannot tell; these stand side by side here, each with its interval:
the pooled rank correlation, the one within strata, the one with confounders held equal (total effect), the one with
mediators held equal as well (direct effect), the one between groups of a balanced part, and the model's own.

References
----------
Simpson, J. R. Stat. Soc. B 13, 238 (1951), 10.1111/j.2517-6161.1951.tb00088.x, for signs that turn over when strata are
pooled; VanderWeele, Annu. Rev. Public Health 37, 17 (2016), 10.1146/annurev-publhealth-032315-021402, for total and
direct effects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from perovex._words import enumerated
from perovex.errors import ModelInputError
from perovex.explain.directions.effects import shape_of
from perovex.explain.statistics import interval
from perovex.learn.metrics import bootstrap_counts, bootstrap_interval
from perovex.learn.tables import as_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from perovex.explain.attribution.explanation import Explanation
    from perovex.explain.importance.ranking import Ranking

    Array = NDArray[np.float64]

_MIN_ROWS, _MIN_GROUPS = 10, 4
COLUMNS = ["descriptor", "view", "kind", "given", "estimate", "lower", "upper", "sign", "n_rows", "n_groups"]


def associations(  # noqa: PLR0913 -- what is held equal is the question
    y: pd.Series,
    X: pd.DataFrame,
    strata: pd.DataFrame,
    groups: ArrayLike,
    *,
    mediators: Sequence[str] = (),
    explanation: Explanation | None = None,
    ranking: Ranking | None = None,
    descriptors: Sequence[str] | None = None,
    n_resamples: int = 1000,
    level: float = 0.95,
    random_state: int = 0,
) -> pd.DataFrame:
    """Measure how descriptors go with a target, pooled and with rivals held equal.

    Parameters
    ----------
    y : Series, shape (rows,)
        Target, such as a modulus in GPa.
    X : DataFrame, shape (rows, columns)
        Descriptors and mediators.
    strata : DataFrame, shape (rows, ...)
        Categories or counts that may confound, such as halide, n and source, in the order in which they are held equal;
        one that a descriptor merely writes in other numbers (n for 1/n) is left out for that descriptor.
    groups : array-like, shape (rows,)
        Spacers; intervals resample them.
    mediators : sequence of str
        Columns of `X` that descriptors act through, such as the packing: consequences, no rivals.
    explanation, ranking : Explanation and Ranking, optional
        Of the model that predicts, for its own sign (Spearman of value and SHAP value).
    descriptors : sequence of str, optional
        Columns of `X` to ask about; all but the mediators by default.
    n_resamples, level, random_state
        Draws, confidence level and seed of the intervals.

    Returns
    -------
    DataFrame
        One row per descriptor and view: ``view`` (``"pooled"``, ``"halide = I"``, ``"given halide and n"``, ``"given
        ... and mediators"``, ``"between groups"``, ``"model"``), ``kind`` (``"raw"``, ``"partial"``, ``"direct"``,
        ``"between"``, ``"SHAP"``), ``given`` (tuple of what is held equal), ``estimate`` (rank correlation) with
        ``lower`` and ``upper``, ``sign`` (``"+"`` or ``"-"`` where the interval excludes zero, else ``"?"``),
        ``n_rows``, ``n_groups``. Views with fewer than ten crystals or four groups are left out.

    Raises
    ------
    ModelInputError
        If rows differ, or a column is missing.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> halide = np.repeat(["Cl", "I"], 60)
    >>> stei = rng.normal(size=120) + 3 * (halide == "I")
    >>> E = pd.Series(stei - 6 * (halide == "I") + rng.normal(size=120))  # up within a halide, down over all
    >>> X, strata = pd.DataFrame({"stei": stei}), pd.DataFrame({"halide": halide})
    >>> table = associations(E, X, strata, np.arange(120) % 40).set_index("view")
    >>> table.loc[["pooled", "given halide"], "sign"].tolist()
    ['-', '+']
    """
    asked = [name for name in (descriptors or X.columns) if name not in mediators]
    absent = [name for name in (*asked, *mediators) if name not in X]
    if absent:
        raise ModelInputError(f"columns missing in the table: {', '.join(absent)}")
    if not (len(y) == len(X) == len(strata)):
        raise ModelInputError("target, descriptors and strata differ in rows", remedy="align them by crystal")
    sample = _Sample(y.to_numpy(dtype=float), as_groups(groups, len(y)).to_numpy(), n_resamples, level, random_state)
    rows: list[dict[str, Any]] = []
    for name in asked:
        value = X[name].to_numpy(dtype=float)
        rows += _raw(sample, name, value, strata)
        rows += _held_equal(sample, name, value, strata, X[list(mediators)])
        rows += _between(sample, name, value, strata)
        if explanation is not None and ranking is not None and name in explanation.X:
            rows.append(_of_model(explanation, ranking, name, level))
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "sign"])
    table.insert(7, "sign", np.select([table["lower"] > 0, table["upper"] < 0], ["+", "-"], "?"))
    return table


def turned_over(table: pd.DataFrame) -> list[str]:
    """Return descriptors whose pooled sign is surely opposite to one with rivals held equal, or between groups.

    Parameters
    ----------
    table : DataFrame
        From `associations`.
    """
    out = []
    for name, part in table.groupby("descriptor", sort=False):
        pooled = part.loc[part["view"] == "pooled", "sign"].tolist()
        others = set(part.loc[part["kind"].isin(["partial", "between"]), "sign"])
        if pooled and {"+": "-", "-": "+"}.get(pooled[0], "") in others:
            out.append(str(name))
    return out


class _Sample:
    """The target with its groups and the resamples that all views share."""

    def __init__(self, y: Array, groups: NDArray[Any], n_resamples: int, level: float, seed: int) -> None:
        self.y, self.groups, self.level = y, groups, level
        self.n_resamples, self.seed = n_resamples, seed

    def correlate(self, value: Array, mask: NDArray[np.bool_], design: Array | None = None) -> dict[str, Any] | None:
        """Rank correlation of a value with the target, other columns held equal; None for too small a part."""
        known = mask & np.isfinite(value) & np.isfinite(self.y)
        if design is not None:
            known &= np.isfinite(design).all(axis=1)
        codes, names = pd.factorize(self.groups[known])
        if known.sum() < _MIN_ROWS or len(names) < _MIN_GROUPS:
            return None
        x, y = rankdata(value[known]), rankdata(self.y[known])
        if np.ptp(x) == 0 or np.ptp(y) == 0:
            return None
        columns = [x, y] if design is None else [x, y, *_scaled(design[known]).T]
        table = np.column_stack([(c - c.mean()) / (c.std() or 1.0) for c in columns])
        counts = np.vstack([np.ones((1, len(names))), bootstrap_counts(len(names), self.n_resamples, self.seed)])
        drawn = _partial(table, counts[:, codes])
        lower, upper = bootstrap_interval(drawn[1:], len(names), self.level)
        numbers = {"estimate": float(drawn[0]), "lower": lower, "upper": upper}
        return {**numbers, "n_rows": int(known.sum()), "n_groups": len(names)}


def _scaled(design: Array) -> Array:
    """Columns that vary."""
    return design[:, np.ptp(design, axis=0) > 0]


def _partial(table: Array, weights: Array) -> Array:
    """Correlation of the first two columns with the others held equal, for many weightings of the rows."""
    total = weights.sum(axis=1)
    mean = weights @ table / total[:, None]
    products = np.einsum("bn,ni,nj->bij", weights, table, table, optimize=True) / total[:, None, None]
    covariance = products - mean[:, :, None] * mean[:, None, :]
    pair, rest = covariance[:, :2, :2], covariance[:, 2:, 2:]
    if rest.shape[1]:
        across = covariance[:, :2, 2:]
        pair = pair - across @ np.linalg.pinv(rest, rcond=1e-8, hermitian=True) @ np.swapaxes(across, 1, 2)
    scale = pair[:, 0, 0] * pair[:, 1, 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(scale > 1e-12, pair[:, 0, 1] / np.sqrt(np.maximum(scale, 1e-300)), np.nan)


def _row(
    name: str, view: str, kind: str, correlation: dict[str, Any] | None, given: Sequence[str] = ()
) -> list[dict[str, Any]]:
    if correlation is None:
        return []
    return [{"descriptor": name, "view": view, "kind": kind, "given": tuple(given), **correlation}]


def _raw(sample: _Sample, name: str, value: Array, strata: pd.DataFrame) -> list[dict[str, Any]]:
    """Pooled, and within every level of every stratum."""
    everyone = np.ones(len(value), dtype=bool)
    rows = _row(name, "pooled", "raw", sample.correlate(value, everyone))
    for column in strata.columns:
        for level in sorted(strata[column].dropna().unique(), key=str):
            text = f"{column} = {level:g}" if isinstance(level, (int, float)) else f"{column} = {level}"
            inside = (strata[column] == level).to_numpy()
            rows += _row(name, text, "raw", sample.correlate(value, inside))
    return rows


def _held_equal(
    sample: _Sample, name: str, value: Array, strata: pd.DataFrame, mediators: pd.DataFrame
) -> list[dict[str, Any]]:
    """Strata held equal one after another (total effect), then mediators as well (direct effect)."""
    everyone = np.ones(len(value), dtype=bool)
    rows: list[dict[str, Any]] = []
    design, held = np.empty((len(value), 0)), list[str]()
    for column in strata.columns:
        if _says_the_same(value, strata[column]):
            continue  # nothing of the descriptor would be left
        dummies = pd.get_dummies(strata[column].astype(str), drop_first=True).to_numpy(dtype=float)
        design, held = np.column_stack([design, dummies]), [*held, str(column)]
        rows += _row(name, f"given {enumerated(held)}", "partial", sample.correlate(value, everyone, design), held)
    if mediators.shape[1]:
        through = np.column_stack([design, mediators.rank().to_numpy(dtype=float)])
        both = [*held, *map(str, mediators.columns)]
        rows += _row(name, f"given {enumerated(both)}", "direct", sample.correlate(value, everyone, through), both)
    return rows


def _says_the_same(value: Array, stratum: pd.Series) -> bool:
    """Whether a descriptor is the stratum in other numbers, as 1/n is n."""
    return bool((pd.Series(value, index=stratum.index).groupby(stratum).nunique() <= 1).all())


def _between(sample: _Sample, name: str, value: Array, strata: pd.DataFrame) -> list[dict[str, Any]]:
    """Correlate means of groups that occur at every level of the first stratum, its own means taken off."""
    first = pd.factorize(strata.iloc[:, 0])[0]
    known = np.isfinite(value) & np.isfinite(sample.y)
    if strata.shape[1] > 1:  # at the commonest level of the second, so that groups differ in themselves only
        known &= (strata.iloc[:, 1] == strata.iloc[:, 1].mode().iloc[0]).to_numpy()
    levels = pd.Series(first[known]).groupby(sample.groups[known]).nunique()
    balanced = levels.index[levels == levels.max()] if levels.max() > 1 else levels.index[:0]
    known &= np.isin(sample.groups, balanced)
    if known.sum() < _MIN_ROWS:
        return []
    means = {}
    for key, numbers in (("value", value), ("y", sample.y)):
        ranks = pd.Series(rankdata(numbers[known]))
        left = ranks - ranks.groupby(first[known]).transform("mean")
        means[key] = left.groupby(sample.groups[known]).mean()
    of_groups = _Sample(
        means["y"].to_numpy(), means["y"].index.to_numpy(), sample.n_resamples, sample.level, sample.seed
    )
    correlation = of_groups.correlate(means["value"].to_numpy(), np.ones(len(means["y"]), dtype=bool))
    if correlation is not None:
        correlation["n_rows"] = int(known.sum())
    return _row(name, "between groups", "between", correlation)


def _of_model(explanation: Explanation, ranking: Ranking, name: str, level: float) -> dict[str, Any]:
    """Spearman of a descriptor's value and its SHAP value, with the interval over draws of groups."""
    j = list(explanation.X.columns).index(name)
    value = explanation.X[name].to_numpy()
    drawn = [shape_of(value[draw.rows], draw.values[:, j])["spearman"] for draw in ranking.draws]
    lower, upper = interval(drawn, level)
    return {
        "descriptor": name,
        "view": "model",
        "kind": "SHAP",
        "given": (),
        "estimate": shape_of(value, explanation.repeats.mean(axis=0)[:, j])["spearman"],
        "lower": lower,
        "upper": upper,
        "n_rows": explanation.n_rows,
        "n_groups": explanation.n_groups,
    }
