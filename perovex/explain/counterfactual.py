"""What would have to change for a crystal to become stiff, and which real crystals are already so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.errors import ModelInputError
from perovex.explain._inputs import predict
from perovex.explain._models import is_classification
from perovex.explain._output import json_safe, table_html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """Smallest changes found, and real crystals beyond the goal.

    Attributes
    ----------
    found : bool
        Whether the goal can be reached within the bounds.
    prediction, goal : float
        Prediction for the crystal and what was asked for (target, or probability of the positive class).
    reached : float
        Prediction after the changes (the best one found where the goal is out of reach).
    changes : DataFrame
        Index: changed descriptors. ``before``, ``after``, ``change`` and ``change_in_sd``.
    neighbours : DataFrame
        Nearest background crystals beyond the goal by the model: ``distance`` (root mean square over
        descriptors, in standard deviations), ``prediction`` and, where given, ``y``.
    """

    found: bool
    prediction: float
    goal: float
    reached: float
    changes: pd.DataFrame
    neighbours: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        out: dict[str, Any] = json_safe(
            {
                "found": self.found,
                "prediction": self.prediction,
                "goal": self.goal,
                "reached": self.reached,
                "changes": self.changes.to_dict(orient="index"),
                "neighbours": self.neighbours.to_dict(orient="index"),
            }
        )
        return out

    def _repr_html_(self) -> str:
        word = "reaches" if self.found else "falls short of"
        caption = f"From {self.prediction:.3g} to {self.reached:.3g}: {word} the goal of {self.goal:.3g}."
        return table_html(self.changes, caption) + table_html(self.neighbours, "Nearest real crystals.")


def counterfactual(  # noqa: PLR0913 -- a crystal, a model, and what is allowed
    model: Any,
    x: pd.Series,
    X_background: pd.DataFrame,
    *,
    goal: float | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    frozen: Sequence[str] = (),
    y_background: pd.Series | None = None,
    max_changes: int = 4,
    n_neighbours: int = 5,
) -> Counterfactual:
    """Find the smallest allowed change of descriptors that carries a prediction across a goal.

    Descriptors are changed one after the other, each time to the observed value (within bounds) that brings
    the prediction furthest towards the goal per standard deviation of change; the step that crosses the goal
    takes the smallest change that does, and changes that turn out to be unnecessary are undone. Values are
    those observed in the background, so that no descriptor leaves the range of real crystals; whether the
    combination can be made is for the nearest real crystals to say.

    Parameters
    ----------
    model : object
        Fitted regressor or two-class classifier.
    x : Series
        Descriptors of the crystal.
    X_background : DataFrame, shape (rows, descriptors)
        Real crystals.
    goal : float, optional
        Value of the target to cross (required for regressors), or probability (0.5 by default). The direction
        is away from the present side.
    bounds : mapping of str to (float, float), optional
        Allowed range per descriptor; the range of the background by default.
    frozen : sequence of str
        Descriptors that must not change.
    y_background : Series, optional
        Known targets of the background, shown beside the neighbours.
    max_changes : int
        Most descriptors to change.
    n_neighbours : int
        Real crystals to name.

    Returns
    -------
    Counterfactual
        Changes and neighbours.

    Raises
    ------
    ModelInputError
        If a regressor is given no goal, or columns differ.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> X = pd.DataFrame({"angle": np.arange(140.0, 180.0), "noise": 0.0})
    >>> model = DecisionTreeRegressor(max_depth=1).fit(X, (X["angle"] > 160).astype(float))
    >>> counterfactual(model, X.iloc[10], X, goal=0.5).changes["after"].to_dict()
    {'angle': 161.0}
    """
    classifier = is_classification(model)
    if goal is None and not classifier:
        raise ModelInputError("a regressor needs a goal", remedy="pass the modulus to cross, in GPa")
    wanted = 0.5 if goal is None else float(goal)
    unknown = [c for c in X_background.columns if c not in x.index]
    if unknown:
        raise ModelInputError(f"the crystal lacks descriptors: {', '.join(map(str, unknown[:5]))}")
    start = x[X_background.columns].astype(float)
    spread = X_background.std().where(lambda s: s > 0)
    candidates = _candidates(start, X_background, bounds or {}, set(frozen), spread)

    def outputs(table: pd.DataFrame) -> NDArray[np.float64]:
        return predict(model, table, classifier=classifier)

    before = float(outputs(start.to_frame().T)[0])
    up = before < wanted
    current, reached = start.copy(), before
    for _ in range(max_changes):
        if _beyond(reached, wanted, up=up) or not len(candidates):
            break
        step = _best_step(current, start, candidates, outputs, spread, wanted, reached, up=up)
        if step is None:
            break
        current[step[0]], reached = step[1], step[2]
    current, reached = _prune(current, start, outputs, wanted, reached, up=up)
    changed = [c for c in start.index if current[c] != start[c] and not (pd.isna(current[c]) and pd.isna(start[c]))]
    changes = pd.DataFrame({"before": start[changed], "after": current[changed]})
    changes["change"] = changes["after"] - changes["before"]
    changes["change_in_sd"] = changes["change"] / spread[changed]
    neighbours = _neighbours(start, X_background, outputs, spread, wanted, n_neighbours, up=up)
    if y_background is not None and len(neighbours):
        neighbours["y"] = y_background.reindex(neighbours.index)
    return Counterfactual(_beyond(reached, wanted, up=up), before, wanted, reached, changes, neighbours)


def _beyond(value: float, goal: float, *, up: bool) -> bool:
    return value >= goal if up else value < goal


def _candidates(
    start: pd.Series,
    background: pd.DataFrame,
    bounds: Mapping[str, tuple[float, float]],
    frozen: set[str],
    spread: pd.Series,
) -> pd.DataFrame:
    """List allowed single changes: descriptor and value; at most 25 values each."""
    rows = []
    for name in background.columns:
        if name in frozen or pd.isna(spread[name]) or pd.isna(start[name]):
            continue
        values = np.unique(background[name].dropna())
        low, high = bounds.get(name, (values[0], values[-1]))
        values = values[(values >= low) & (values <= high) & (values != start[name])]
        if len(values) > 25:
            values = values[np.linspace(0, len(values) - 1, 25).astype(int)]
        rows += [(name, float(v)) for v in values]
    return pd.DataFrame(rows, columns=["descriptor", "value"])


def _best_step(
    current: pd.Series,
    start: pd.Series,
    candidates: pd.DataFrame,
    outputs: Any,
    spread: pd.Series,
    goal: float,
    reached: float,
    *,
    up: bool,
) -> tuple[str, float, float] | None:
    """Single change with the largest gain per standard deviation; among those that cross, the smallest."""
    table = pd.DataFrame(np.tile(current.to_numpy(), (len(candidates), 1)), columns=current.index)
    position = table.columns.get_indexer(pd.Index(candidates["descriptor"]))
    values = table.to_numpy().copy()
    values[np.arange(len(values)), position] = candidates["value"]
    predicted = outputs(pd.DataFrame(values, columns=table.columns))
    names = candidates["descriptor"].to_numpy()
    distance = np.abs(candidates["value"].to_numpy() - start[names].to_numpy()) / spread[names].to_numpy()
    gain = (predicted - reached) * (1 if up else -1)
    crossing = (predicted >= goal) if up else (predicted < goal)
    if crossing.any():
        best = int(np.where(crossing, distance, np.inf).argmin())
    elif gain.max() > 0:
        best = int((np.where(gain > 0, gain, -np.inf) / np.maximum(distance, 0.05)).argmax())
    else:
        return None
    return str(names[best]), float(candidates["value"].iloc[best]), float(predicted[best])


def _prune(
    current: pd.Series, start: pd.Series, outputs: Any, goal: float, reached: float, *, up: bool
) -> tuple[pd.Series, float]:
    """Undo changes that the goal does not need."""
    if not _beyond(reached, goal, up=up):
        return current, reached
    for name in start.index:
        if current[name] == start[name] or pd.isna(start[name]):
            continue
        without = current.copy()
        without[name] = start[name]
        value = float(outputs(without.to_frame().T)[0])
        if _beyond(value, goal, up=up):
            current, reached = without, value
    return current, reached


def _neighbours(
    start: pd.Series,
    background: pd.DataFrame,
    outputs: Any,
    spread: pd.Series,
    goal: float,
    n: int,
    *,
    up: bool,
) -> pd.DataFrame:
    predicted = outputs(background)
    beyond = (predicted >= goal) if up else (predicted < goal)
    scaled = (background - start) / spread
    distance = np.sqrt((scaled**2).mean(axis=1))
    table = pd.DataFrame({"distance": distance, "prediction": predicted}, index=background.index)[beyond]
    return table.sort_values("distance", kind="stable").head(n)
