"""Why a crystal is predicted as it is: contributions, nearest known crystals, smallest change to the other class.

Contributions are Shapley values of the model that predicts, on the scale on which it adds up (ln E of most models),
with the training crystals as background; those of correlated descriptors are added, as nothing tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from perovex._json import json_safe
from perovex._numbers import short
from perovex.crystal.identity import identity
from perovex.errors import ModelInputError
from perovex.explain import attribute, correlation_groups, counterfactual
from perovex.explain.attribution.view import table_html
from perovex.explain.names import amount, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perovex.crystal import LayeredPerovskite
    from perovex.descriptors.batch import Described
    from perovex.explain import Counterfactual
    from perovex.learn import ModelBundle

#: Known crystals that are shown beside a prediction.
N_NEIGHBOURS: Final = 3
_COMPOSITION: Final = ("halide", "metal", "n", "phase", "stacking", "cage")
_MIN_DIFFERENCE: Final = 0.5  # standard deviations from which a difference is told


@dataclass(frozen=True, eq=False)
class Reasons:
    """Why one crystal is predicted as it is.

    Attributes
    ----------
    crystal : str
        Name.
    target : str
        What is explained.
    prediction, expected : float
        In the unit of the target: of this crystal, and typical of the training crystals (where contributions start).
    scale : {"ln(target)", "target"}
        What contributions add up to: the logarithm of the target, or the target itself.
    contributions : DataFrame
        Index: descriptors. ``value``, ``contribution`` (in `scale`), ``group``; largest groups first.
    groups : DataFrame
        Index: the descriptor that leads each group of correlated ones. ``contribution`` (sum), ``members`` (how many),
        ``value`` of the leader, and ``percent`` (change of the target; NaN on the plain scale).
    neighbours : DataFrame
        Index: nearest known crystals. ``distance`` (standard deviations), labels of all targets, ``differences``.
    change : Counterfactual or None
        Smallest change that carries the prediction across the threshold; None where there is no threshold.
    additivity_error : float
        What contributions miss of the output, in `scale`.
    sampling_error : float
        Largest standard error of a contribution that was sampled; 0 where all are exact.
    n_builds : int
        Crystals over which contributions were averaged.
    perceived : LayeredPerovskite or None
        The crystal itself, the first one of several builds.
    """

    crystal: str
    target: str
    prediction: float
    expected: float
    scale: str
    contributions: pd.DataFrame = field(repr=False)
    groups: pd.DataFrame = field(repr=False)
    neighbours: pd.DataFrame = field(repr=False)
    change: Counterfactual | None = field(repr=False)
    additivity_error: float
    sampling_error: float
    n_builds: int = 1
    perceived: LayeredPerovskite | None = field(default=None, repr=False)

    def sentences(self, n: int = 5) -> list[str]:
        """Return the reasons in words, one sentence each.

        Parameters
        ----------
        n : int
            Groups of descriptors to name.
        """
        lead = f"{self.target} = {self.prediction:.3g}, where {self.expected:.3g} is typical of the training crystals"
        parts = [self._part(str(name), row) for name, row in self.groups.head(n).iterrows()]
        rest = float(self.groups["contribution"].iloc[n:].sum())
        others = [f"{len(self.groups) - n} others together {self._size(rest)}"] if len(self.groups) > n else []
        said = [f"{lead}: {'; '.join([*parts, *others])}."]
        for name, row in self.neighbours.iterrows():
            label = f"{self.target} {row[self.target]:.3g}" if np.isfinite(row[self.target]) else "no label"
            differs = f"; it differs by {row['differences']}" if row["differences"] else ""
            said.append(f"Like {name} ({label}; distance {row['distance']:.2f}){differs}.")
        if self.change is not None:
            side = "below" if self.change.prediction >= self.change.goal else "above"
            said.append(f"Smallest change to {side} {self.change.goal:.4g}: {self.change.sentence()}")
        if self.sampling_error:
            said.append(f"Contributions were sampled; their largest standard error is {self.sampling_error:.2g}.")
        return said

    def _part(self, name: str, row: pd.Series) -> str:
        alike = f" and {row['members'] - 1:.0f} alike" if row["members"] > 1 else ""
        return f"{name_of(name)} = {amount(row['value'], name)}{alike} {self._size(row['contribution'])}"

    def _size(self, contribution: float) -> str:
        return f"{np.expm1(contribution):+.1%}" if self.scale == "ln(target)" else f"{contribution:+.3g}"

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        content: dict[str, Any] = json_safe(
            {
                "crystal": self.crystal,
                "target": self.target,
                "prediction": self.prediction,
                "expected": self.expected,
                "scale": self.scale,
                "additivity_error": self.additivity_error,
                "sampling_error": self.sampling_error,
                "n_builds": self.n_builds,
                "sentences": self.sentences(),
                "groups": self.groups.to_dict(orient="index"),
                "contributions": self.contributions.to_dict(orient="index"),
                "neighbours": self.neighbours.to_dict(orient="index"),
                "change": None if self.change is None else self.change.to_dict(),
            }
        )
        return content

    def to_frame(self) -> pd.DataFrame:
        """Return the contributions, descriptor by descriptor."""
        return self.contributions

    def __repr__(self) -> str:
        return f"<Reasons of {self.crystal}: {self.target} = {self.prediction:.3g}>"

    def _repr_html_(self) -> str:
        said = " ".join(self.sentences())
        return table_html(self.groups, said) + table_html(self.neighbours, "Nearest known crystals")


def explain_described(crystals: Sequence[Described], name: str, bundle: ModelBundle) -> Reasons | None:
    """Explain the prediction of one crystal, or of several builds of one compound.

    Parameters
    ----------
    crystals : sequence of Described
    name : str
    bundle : ModelBundle

    Returns
    -------
    Reasons or None
        None where nothing could be described.
    """
    sound = [crystal for crystal in crystals if crystal.error is None]
    if not sound:
        return None
    X = pd.DataFrame([crystal.values for crystal in sound])
    return explain_prediction(X, bundle, name=name, perceived=sound[0].crystal)


def explain_prediction(
    X: pd.DataFrame,
    bundle: ModelBundle,
    *,
    name: str = "",
    target: str | None = None,
    perceived: LayeredPerovskite | None = None,
) -> Reasons:
    """Explain the prediction of one crystal.

    Parameters
    ----------
    X : DataFrame, shape (n_builds, n_descriptors)
        Descriptors; several rows are builds of one compound, whose contributions are averaged as the predictions are.
    bundle : ModelBundle
        With its training crystals.
    name : str
        Of the crystal.
    target : str, optional
        By default the one that decides the class.
    perceived : LayeredPerovskite, optional
        The crystal, for its drawing.

    Returns
    -------
    Reasons

    Raises
    ------
    ModelInputError
        If the training crystals were not kept with the models, or there is no such target.

    Examples
    --------
    >>> from perovex.prediction import load_models
    >>> bundle = load_models()
    >>> row = bundle.known.X.loc[["BA2PbI4"]]
    >>> reasons = explain_prediction(row, bundle, name="BA2PbI4")
    >>> added = np.exp(np.log(reasons.expected) + reasons.contributions["contribution"].sum())
    >>> bool(abs(added - reasons.prediction) < 1e-4), reasons.neighbours.index[0]
    (True, 'BA2PbI4')
    """
    if bundle.known is None:
        raise ModelInputError("the training crystals were not kept with the models", remedy="train them again")
    wanted = target or bundle.manifest["target"]
    if wanted not in bundle.regressors:
        raise ModelInputError(f"no model of {wanted}", remedy=f"there are {', '.join(bundle.regressors)}")
    model = bundle.regressors[wanted]
    background = bundle.known.X[bundle.feature_names]
    rows = X[bundle.feature_names].astype(float)
    rows = rows.mask(np.isinf(rows))  # a 3D network has no number there
    attribution = attribute(model, rows, background=background)
    logs = attribution.unit == "ln(target)"
    contributions = pd.Series(attribution.values.mean(axis=0), index=rows.columns)
    output, expected = float(attribution.output.mean()), float(attribution.base.mean())
    typical = rows.mean()
    grouped, per_descriptor = _grouped(contributions, typical, _clusters(bundle), logs=logs)
    # the change is looked for from the build that is predicted nearest to the mean
    nearest_build = rows.iloc[int(np.abs(attribution.output - output).argmin())]
    return Reasons(
        crystal=name,
        target=wanted,
        prediction=float(np.exp(output)) if logs else output,
        expected=float(np.exp(expected)) if logs else expected,
        scale="ln(target)" if logs else "target",
        contributions=per_descriptor,
        groups=grouped,
        neighbours=nearest_known(nearest_build, bundle, compound=None if perceived is None else identity(perceived)),
        change=_change(nearest_build, bundle, wanted),
        additivity_error=attribution.additivity_error,
        sampling_error=attribution.sampling_error,
        n_builds=len(rows),
        perceived=perceived,
    )


@lru_cache(maxsize=4)
def _clusters(bundle: ModelBundle) -> Any:
    """Group correlated descriptors among the training crystals; the same for every prediction."""
    assert bundle.known is not None
    return correlation_groups(bundle.known.X[bundle.feature_names])


def _grouped(
    contributions: pd.Series, values: pd.Series, clusters: Any, *, logs: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add up what correlated descriptors contribute, the largest sum first; the largest member leads its group."""
    rows: dict[str, dict[str, Any]] = {}
    leader_of: dict[str, str] = {}
    for members in clusters.members.values():
        defined = [member for member in members if np.isfinite(values[member])] or members
        leader = str(contributions[defined].abs().idxmax())
        total = float(contributions[members].sum())
        percent = 100 * np.expm1(total) if logs else np.nan
        rows[leader] = {
            "contribution": total,
            "percent": percent,
            "members": len(members),
            "value": float(values[leader]),
        }
        leader_of |= dict.fromkeys(members, leader)
    groups = pd.DataFrame.from_dict(rows, orient="index").rename_axis("descriptor")
    groups = groups.loc[groups["contribution"].abs().sort_values(ascending=False, kind="stable").index]
    single = pd.DataFrame({"value": values, "contribution": contributions, "group": pd.Series(leader_of)})
    place = single["group"].map({name: number for number, name in enumerate(groups.index)})
    order = np.lexsort([-single["contribution"].abs(), place])
    return groups, single.iloc[order].rename_axis("descriptor")


def nearest_known(
    row: pd.Series, bundle: ModelBundle, n: int = N_NEIGHBOURS, *, compound: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Return the training crystals nearest to a crystal, with their labels and how they differ from it.

    Parameters
    ----------
    row : Series
        Descriptors of the crystal.
    bundle : ModelBundle
    n : int
    compound : mapping, optional
        Identity of the crystal: differences in metal, halide, n ... are then named first.

    Returns
    -------
    DataFrame
        Index: names, nearest first. ``formula`` (where known), ``distance`` in standard deviations, a column of labels
        for each target, and ``differences`` in words.
    """
    known = bundle.known
    assert known is not None
    distance = bundle.distances(row.to_frame().T).iloc[0]
    names = distance.sort_values(kind="stable").index[:n]
    spread = known.X[bundle.feature_names].std().where(lambda sd: sd > 0)
    leaders = [members[0] for members in _clusters(bundle).members.values()]
    lines: dict[Any, dict[str, Any]] = {}
    for name in names:
        line: dict[str, Any] = {"distance": float(distance[name])}
        if "formula" in known.identity:
            line = {"formula": known.identity.loc[name, "formula"], **line}
        line |= {target: float(known.moduli.loc[name, target]) for target in bundle.regressors}
        other = _other_kind(known.identity.loc[name], compound or {})
        line["differences"] = ", ".join(
            [*other, *_differences(known.X.loc[name, leaders], row[leaders], spread[leaders])]
        )
        lines[name] = line
    return pd.DataFrame.from_dict(lines, orient="index").rename_axis("known_crystal")


def _other_kind(known: pd.Series, own: Mapping[str, Any]) -> list[str]:
    """Name what of the composition and the stacking is another."""
    return [
        f"{kind} {known[kind]} against {own[kind]}"
        for kind in _COMPOSITION
        if kind in own and kind in known.index and str(known[kind]) != str(own[kind])
    ]


def _differences(known: pd.Series, own: pd.Series, spread: pd.Series, n: int = 3) -> list[str]:
    """Name the descriptors in which a known crystal differs most."""
    apart = ((known - own) / spread).dropna()
    largest = apart.abs().sort_values(ascending=False, kind="stable").index[:n]
    return [
        f"{name_of(str(name))} {short(known[name])} against {amount(own[name], str(name))}"
        for name in largest
        if abs(apart[name]) >= _MIN_DIFFERENCE
    ]


def _change(row: pd.Series, bundle: ModelBundle, target: str) -> Counterfactual | None:
    """Look for the smallest change that carries the target across the threshold of the classes."""
    if target != bundle.manifest["target"] or not np.isfinite(bundle.threshold):
        return None
    known = bundle.known
    assert known is not None
    return counterfactual(
        bundle.regressors[target],
        row,
        known.X[bundle.feature_names],
        goal=bundle.threshold,
        together=_clusters(bundle),
        y_background=known.moduli[target],
        n_neighbours=N_NEIGHBOURS,
    )
