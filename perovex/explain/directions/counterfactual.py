"""What would have to change for a crystal to become stiff, and which real crystals are already so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._json import json_safe
from perovex.errors import ModelInputError
from perovex.explain.attribution.view import table_html
from perovex.explain.directions.words import change_sentence
from perovex.explain.importance.clusters import correlation_groups
from perovex.explain.names import unit_of
from perovex.explain.tables import is_classification, predict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from perovex.explain.importance.clusters import CorrelationGroups


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
        Index: changed descriptors. ``before``, ``after``, ``change``, ``change_in_sd`` and ``unit``; descriptors
        that had to move along with another carry its name in ``with``.
    plausible : bool
        Whether the changed crystal lies as near to a real one as real ones lie to each other.
    nearest_distance, usual_distance : float
        Distance of the changed crystal to the nearest real one, and the distance within which 95 % of the real
        ones have a neighbour (root mean square over descriptors, in standard deviations).
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
    plausible: bool
    nearest_distance: float
    usual_distance: float

    def sentence(self) -> str:
        """Return what has to change, in words."""
        return change_sentence(self)

    def to_frame(self) -> pd.DataFrame:
        """Return the changes."""
        return self.changes

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        out: dict[str, Any] = json_safe(
            {
                "found": self.found,
                "prediction": self.prediction,
                "goal": self.goal,
                "reached": self.reached,
                "plausible": self.plausible,
                "nearest_distance": self.nearest_distance,
                "usual_distance": self.usual_distance,
                "sentence": self.sentence(),
                "changes": self.changes.to_dict(orient="index"),
                "neighbours": self.neighbours.to_dict(orient="index"),
            }
        )
        return out

    def to_json(self, *, indent: int | None = None) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def _repr_html_(self) -> str:
        beyond = f"Nearest real crystals beyond {self.goal:.3g}."
        return table_html(self.changes, self.sentence()) + table_html(self.neighbours, beyond)


def counterfactual(  # noqa: PLR0913 -- a crystal, a model, and what is allowed
    model: Any,
    x: pd.Series,
    X_background: pd.DataFrame,
    *,
    goal: float | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    frozen: Sequence[str] = (),
    together: CorrelationGroups | None = None,
    y_background: pd.Series | None = None,
    max_changes: int = 4,
    n_neighbours: int = 5,
) -> Counterfactual:
    """Find the smallest allowed change of descriptors that carries a prediction across a goal.

    Correlated descriptors move together: a step copies all descriptors of one group from a real crystal, so that
    an angle does not change without the tilt and the metal distance that belong to it. Steps are taken one after
    the other, each time the one that brings the prediction furthest towards the goal per standard deviation of
    change; the step that crosses the goal takes the smallest change that does, and steps that turn out to be
    unnecessary are undone. Values are those of the background (within bounds), so that no group of descriptors
    leaves what real crystals show; ``plausible`` and the nearest real crystals say whether the combination does.

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
        Descriptors that must not change; what is correlated with them may.
    together : CorrelationGroups, optional
        Which descriptors move together; by default groups of abs(Spearman) from 0.8 in the background.
    y_background : Series, optional
        Known targets of the background, shown beside the neighbours.
    max_changes : int
        Most groups of descriptors to change.
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
    background = X_background.astype(float)
    start = x[background.columns].astype(float)
    spread = background.std().where(lambda s: s > 0)
    groups = (together or correlation_groups(background)).members
    steps = _steps(start, background, groups, bounds or {}, set(frozen), spread)

    def outputs(table: pd.DataFrame) -> NDArray[np.float64]:
        return predict(model, table, classifier=classifier)

    before = float(outputs(start.to_frame().T)[0])
    up = before < wanted
    taken: list[_Step] = []
    reached = before
    for _ in range(max_changes):
        left = [s for s in steps if s.group not in {t.group for t in taken}]
        if _beyond(reached, wanted, up=up) or not left:
            break
        step = _best_step(_apply(start, taken), left, outputs, wanted, reached, up=up)
        if step is None:
            break
        taken.append(step[0])
        reached = step[1]
    taken, reached = _prune(start, taken, outputs, wanted, reached, up=up)
    changed = _apply(start, taken)
    nearest, usual = _typical_distances(changed, background, spread)
    neighbours = _neighbours(start, background, outputs, spread, wanted, n_neighbours, up=up)
    if y_background is not None and len(neighbours):
        neighbours["y"] = y_background.reindex(neighbours.index)
    return Counterfactual(
        _beyond(reached, wanted, up=up),
        before,
        wanted,
        reached,
        _changes(start, taken, spread),
        neighbours,
        bool(nearest <= usual),
        nearest,
        usual,
    )


@dataclass(frozen=True)
class _Step:
    """Values that a real crystal lends to a group of descriptors, and how far they are from the start."""

    group: str
    values: dict[str, float]
    distance: float


def _beyond(value: float, goal: float, *, up: bool) -> bool:
    return value >= goal if up else value < goal


def _steps(
    start: pd.Series,
    background: pd.DataFrame,
    groups: Mapping[str, Sequence[str]],
    bounds: Mapping[str, tuple[float, float]],
    frozen: set[str],
    spread: pd.Series,
) -> list[_Step]:
    """List what real crystals allow: per group and crystal, its values where they differ from the start."""
    steps: dict[tuple[str, tuple[float, ...]], _Step] = {}
    for name, members in groups.items():
        free = [d for d in members if d not in frozen and pd.notna(spread[d]) and pd.notna(start[d])]
        if not free:
            continue
        table = background[free].dropna()
        limits = pd.DataFrame({d: bounds.get(d, (-np.inf, np.inf)) for d in free}, index=["lower", "upper"])
        within = (table >= limits.loc["lower"]) & (table <= limits.loc["upper"])
        allowed = table[within.all(axis=1)]
        scaled = ((allowed - start[free]) / spread[free]).to_numpy()
        distances = np.sqrt((scaled**2).mean(axis=1))
        for row, distance in zip(allowed.to_numpy(), distances, strict=True):
            if distance > 0:
                values = dict(zip(free, map(float, row), strict=True))
                steps[name, tuple(row)] = _Step(name, values, float(distance))
    return list(steps.values())


def _apply(start: pd.Series, steps: Sequence[_Step]) -> pd.Series:
    """Return the descriptors after some steps."""
    changed = start.copy()
    for step in steps:
        for name, value in step.values.items():
            changed[name] = value
    return changed


def _best_step(
    current: pd.Series,
    steps: Sequence[_Step],
    outputs: Any,
    goal: float,
    reached: float,
    *,
    up: bool,
) -> tuple[_Step, float] | None:
    """Step with the largest gain per standard deviation; among those that cross the goal, the smallest."""
    values = np.tile(current.to_numpy(), (len(steps), 1))
    place = {name: k for k, name in enumerate(current.index)}
    for i, step in enumerate(steps):
        for name, value in step.values.items():
            values[i, place[name]] = value
    predicted = outputs(pd.DataFrame(values, columns=current.index))
    distance = np.array([step.distance for step in steps])
    gain = (predicted - reached) * (1 if up else -1)
    crossing = (predicted >= goal) if up else (predicted < goal)
    if crossing.any():
        best = int(np.where(crossing, distance, np.inf).argmin())
    elif gain.max() > 0:
        best = int((np.where(gain > 0, gain, -np.inf) / np.maximum(distance, 0.05)).argmax())
    else:
        return None
    return steps[best], float(predicted[best])


def _prune(
    start: pd.Series, taken: list[_Step], outputs: Any, goal: float, reached: float, *, up: bool
) -> tuple[list[_Step], float]:
    """Undo steps that the goal does not need, first ones first."""
    if not _beyond(reached, goal, up=up):
        return taken, reached
    for step in list(taken):
        without = [s for s in taken if s is not step]
        value = float(outputs(_apply(start, without).to_frame().T)[0])
        if without and _beyond(value, goal, up=up):
            taken, reached = without, value
    return taken, reached


def _changes(start: pd.Series, taken: Sequence[_Step], spread: pd.Series) -> pd.DataFrame:
    """Table of changed descriptors; within a group the largest change leads and the others go with it."""
    rows: dict[str, Any] = {}
    for step in taken:
        moved = {d: (v - start[d]) / spread[d] for d, v in step.values.items() if v != start[d]}
        lead = max(moved, key=lambda d: abs(moved[d]))
        for d in sorted(moved, key=lambda d: -abs(moved[d])):
            rows[d] = {
                "before": float(start[d]),
                "after": step.values[d],
                "change": step.values[d] - float(start[d]),
                "change_in_sd": float(moved[d]),
                "unit": unit_of(d),
                "with": "" if d == lead else lead,
            }
    columns = ["before", "after", "change", "change_in_sd", "unit", "with"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    table.index.name = "descriptor"
    return table


def _typical_distances(changed: pd.Series, background: pd.DataFrame, spread: pd.Series) -> tuple[float, float]:
    """Distance of a crystal to the nearest real one, and the one that covers 95 % of the real ones' neighbours."""
    scaled = (background / spread).to_numpy()
    own = np.sqrt(np.nanmean((scaled - (changed / spread).to_numpy()) ** 2, axis=1)).min()
    between = np.sqrt(np.nanmean((scaled[:, None, :] - scaled[None, :, :]) ** 2, axis=2))
    np.fill_diagonal(between, np.inf)
    return float(own), float(np.quantile(between.min(axis=1), 0.95))


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
