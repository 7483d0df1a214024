"""Sign, size and shape of effects, in words a materials scientist can check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from perovex._json import json_safe
from perovex.errors import ModelInputError
from perovex.explain.attribution.draws import Draw, draw_models
from perovex.explain.attribution.skill import Skill, skill
from perovex.explain.attribution.view import table_html
from perovex.explain.directions.ale import accumulated_local_effects
from perovex.explain.directions.words import EffectWords
from perovex.explain.importance.noise_floor import STANDS_OUT
from perovex.explain.statistics import SURE, interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation
    from perovex.explain.importance.ranking import Ranking
    from perovex.explain.names import Names

_MIN_VALUES = 5


@dataclass(frozen=True, eq=False)
class Effects:
    """Measured effects of descriptors.

    Attributes
    ----------
    table : DataFrame
        Index: descriptors. ``spearman`` of value against SHAP with ``spearman_lower`` and ``spearman_upper``;
        ``slope`` (unit of the values per unit of the descriptor) with ``slope_lower`` and ``slope_upper``;
        ``step`` (a round change of the descriptor) and ``change_per_step``; ``threshold`` where the effect
        changes most, with ``threshold_lower``, ``threshold_upper`` and ``threshold_r2`` (share of the
        variance of the SHAP values that a single step there explains) beside ``linear_r2``; ``direction``
        (``"increasing"``, ``"decreasing"`` or ``"undecided"``, which it always is where the models do not predict
        unseen groups or the descriptor does not stand out from noise); ``p_above_noise`` where a ranking was given;
        ``spearman <member>`` for each member of an average and ``members_agree`` (no two members with clear and
        opposite directions); ``n_values`` known.
    ale : dict of str to DataFrame
        Accumulated local effects, in the unit of the prediction.
    sentences : dict of str to str
        Descriptor -> sentence.
    skill : Skill
        Held-out skill of the models; without it no direction is told.
    level : float
        Confidence level of the intervals.
    """

    table: pd.DataFrame
    ale: dict[str, pd.DataFrame]
    sentences: dict[str, str]
    skill: Skill
    level: float

    @property
    def decided(self) -> list[str]:
        """Descriptors with a direction."""
        return [str(name) for name in self.table.index[self.table["direction"] != "undecided"]]

    def to_frame(self) -> pd.DataFrame:
        """Return the table."""
        return self.table

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        out: dict[str, Any] = json_safe(
            {
                "level": self.level,
                "skill": self.skill.to_dict(),
                "descriptors": self.table.to_dict(orient="index"),
                "ale": {name: table.to_dict(orient="list") for name, table in self.ale.items()},
                "sentences": self.sentences,
            }
        )
        return out

    def _repr_html_(self) -> str:
        text = "".join(f"<li>{sentence}</li>" for sentence in self.sentences.values())
        return f"<ul>{text}</ul>" + table_html(self.table, "Effects on held-out rows.")


def effects(  # noqa: PLR0913 -- keyword options with defaults
    explanation: Explanation,
    *,
    ranking: Ranking | None = None,
    draws: tuple[Draw, ...] | None = None,
    descriptors: Sequence[str] | None = None,
    names: Names | None = None,
    target: str = "E",
    target_unit: str = "GPa",
    n_resamples: int = 100,
    level: float = 0.9,
    ale_bins: int = 10,
    progress: bool = False,
) -> Effects:
    """Measure sign and shape of effects on held-out rows.

    The point values come from all held-out rows; the intervals from models fitted on halves of the groups and
    explained on the other half.

    Parameters
    ----------
    explanation : Explanation
        What was explained.
    ranking : Ranking, optional
        Of the same explanation: its draws are used again, and no direction is told of what does not stand out from
        noise.
    draws : tuple of Draw, optional
        From `draw_models`, where there is no ranking.
    descriptors : sequence of str, optional
        Descriptors; the ten most important ones by default.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    target, target_unit : str
        Name and unit of the target, for the sentences.
    n_resamples : int
        Draws of groups, where neither ranking nor draws are given.
    level : float
        Confidence level of the intervals.
    ale_bins : int
        Bins of the accumulated local effects; 0 leaves them out.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    Effects
        Table, curves and sentences.

    Raises
    ------
    ModelInputError
        If a descriptor is not in the explained table.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from perovex.explain import explain
    >>> from perovex.learn import YoungModulusRegressor
    >>> X = pd.DataFrame({"angle": np.linspace(140, 180, 60)})
    >>> explanation = explain(YoungModulusRegressor("ridge"), X, X["angle"] / 10, n_repeats=1)
    >>> from perovex.explain import Names
    >>> effects(explanation, n_resamples=10, names=Names({"angle": "deg"})).table.loc["angle", "direction"]
    'increasing'
    """
    chosen = list(descriptors) if descriptors is not None else list(explanation.importance().index[:10])
    unknown = [name for name in chosen if name not in explanation.X.columns]
    if unknown:
        raise ModelInputError(f"descriptors not in the explained table: {', '.join(unknown)}")
    if draws is None:
        draws = (
            ranking.draws
            if ranking is not None
            else draw_models(explanation, n_resamples=n_resamples, progress=progress)
        )
    skilled = skill(explanation)
    rows, curves = {}, {}
    for name in chosen:
        above = float("nan") if ranking is None else ranking.above_noise(name)
        rows[name] = _row(explanation, name, draws, level, above, skilled=skilled.above_chance)
        if ale_bins:
            curves[name] = accumulated_local_effects(explanation, name, bins=ale_bins)
    words = EffectWords(names, target, target_unit, explanation.unit, level, skilled.above_chance)
    sentences = {
        name: words.sentence(name, row, explanation.n_rows, explanation.n_groups) for name, row in rows.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "descriptor"
    return Effects(table, curves, sentences, skilled, level)


def shape_of(value: NDArray[np.float64], shap: NDArray[np.float64]) -> dict[str, float]:
    """Spearman, slope and best single step of SHAP values against a descriptor; NaN where undefined.

    Parameters
    ----------
    value, shap : ndarray, shape (rows,)
        Descriptor and its SHAP value.

    Returns
    -------
    dict
        ``spearman``, ``slope``, ``linear_r2``, ``threshold``, ``threshold_r2``.

    Examples
    --------
    >>> import numpy as np
    >>> value = np.arange(10.0)
    >>> shape = shape_of(value, np.where(value < 4, -1.0, 1.0))
    >>> shape["threshold"], shape["threshold_r2"]
    (3.5, 1.0)
    """
    nothing = dict.fromkeys(("spearman", "slope", "linear_r2", "threshold", "threshold_r2"), float("nan"))
    known = np.isfinite(value)
    v, s = value[known], shap[known]
    if len(v) < _MIN_VALUES or np.ptp(v) == 0 or np.ptp(s) == 0:
        return nothing
    spearman = _correlation(rankdata(v), rankdata(s))
    pearson = _correlation(v, s)
    slope = pearson * s.std() / v.std()
    order = np.argsort(v, kind="stable")
    v, s = v[order], s[order]
    n = len(v)
    cumulated = np.cumsum(s)[:-1]
    left = np.arange(1, n)
    between = cumulated**2 / left + (s.sum() - cumulated) ** 2 / (n - left) - s.sum() ** 2 / n
    between[np.diff(v) == 0] = -np.inf  # no step between equal values
    best = int(np.argmax(between))
    total = float(((s - s.mean()) ** 2).sum())
    return {
        "spearman": spearman,
        "slope": float(slope),
        "linear_r2": pearson**2,
        "threshold": float((v[best] + v[best + 1]) / 2),
        "threshold_r2": float(round(max(between[best], 0.0) / total, 12)),
    }


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / scale) if scale > 0 else float("nan")


def _row(
    explanation: Explanation, name: str, draws: tuple[Draw, ...], level: float, above: float, *, skilled: bool
) -> dict[str, Any]:
    """Everything that is told of one descriptor."""
    j = explanation.X.columns.get_loc(name)
    column = explanation.X[name].to_numpy()
    in_every_repeat = np.tile(column, len(explanation.repeats))
    row: dict[str, Any] = dict(shape_of(in_every_repeat, explanation.repeats[:, :, j].ravel()))
    resampled = pd.DataFrame([shape_of(column[draw.rows], draw.values[:, j]) for draw in draws])
    for quantity in ("spearman", "slope", "threshold"):
        row[f"{quantity}_lower"], row[f"{quantity}_upper"] = interval(resampled[quantity], level)

    known = column[np.isfinite(column)]
    row["step"] = round_step(float(np.subtract(*np.quantile(known, [0.75, 0.25])))) if len(known) else float("nan")
    row["change_per_step"] = row["step"] * row["slope"]
    row["n_values"] = len(known)

    of_members = {m: shape_of(in_every_repeat, v[:, :, j].ravel())["spearman"] for m, v in explanation.members.items()}
    row |= {f"spearman {member}": value for member, value in of_members.items()}
    clear = [np.sign(value) for value in of_members.values() if abs(value) >= SURE]
    row["members_agree"] = len(set(clear)) <= 1
    row["p_above_noise"] = above
    row["direction"] = _direction(row, skilled=skilled)
    return row


def _direction(row: Mapping[str, Any], *, skilled: bool) -> str:
    """Direction of an effect that survives resampling, of models that predict and a descriptor above noise."""
    if not skilled or row["p_above_noise"] < STANDS_OUT:
        return "undecided"
    if row["spearman_lower"] > 0 and row["spearman"] > 0:
        return "increasing"
    if row["spearman_upper"] < 0 and row["spearman"] < 0:
        return "decreasing"
    return "undecided"


def round_step(width: float) -> float:
    """Round change (1, 2 or 5 times a power of ten) not larger than a width; 1 for a width of zero.

    Examples
    --------
    >>> round_step(7.3), round_step(0.031), round_step(0.0)
    (5.0, 0.02, 1.0)
    """
    if not np.isfinite(width) or width <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(width))
    factor = max(f for f in (1, 2, 5) if f * power <= width * (1 + 1e-12))
    return float(f"{factor * power:.3g}")
