"""Why a crystal is predicted as it is: contributions, nearest known crystals, smallest change to the other class.

Contributions are Shapley values of the model that predicts, on the scale on which it adds up (ln E of most models),
with the training crystals as background; those of correlated descriptors are added, as nothing tells them apart.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from perovex.crystal.identity import identity
from perovex.errors import ModelInputError
from perovex.explain import attribute, correlation_groups, counterfactual
from perovex.prediction.reason_words import differences_in_descriptors, differences_in_kind
from perovex.prediction.reasons import Reasons

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
    builds = X[bundle.feature_names].astype(float)
    builds = builds.mask(np.isinf(builds))  # a 3D network has no number there
    attribution = attribute(model, builds, background=background)
    # averaged on the scale on which contributions add up, as predictions of several builds are
    contributions = pd.Series(attribution.values.mean(axis=0), index=builds.columns)
    mean_output, mean_base = float(attribution.output.mean()), float(attribution.base.mean())
    prediction, expected, scale = mean_output, mean_base, "target"
    logs = attribution.unit == "ln(target)"
    if logs:
        prediction, expected, scale = float(np.exp(mean_output)), float(np.exp(mean_base)), "ln(target)"
    groups, per_descriptor = _grouped(contributions, builds.mean(), _clusters(bundle), logs=logs)
    # neighbours and the change are looked for from the build that is predicted nearest to the mean
    nearest_build = builds.iloc[int(np.abs(attribution.output - mean_output).argmin())]
    compound = None if perceived is None else identity(perceived)
    return Reasons(
        crystal=name,
        target=wanted,
        prediction=prediction,
        expected=expected,
        scale=scale,
        contributions=per_descriptor,
        groups=groups,
        neighbours=nearest_known(nearest_build, bundle, compound=compound),
        change=_change(nearest_build, bundle, wanted),
        additivity_error=attribution.additivity_error,
        sampling_error=attribution.sampling_error,
        n_builds=len(builds),
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
        # a descriptor that this crystal does not have leads only where none of its group is defined
        defined = [member for member in members if np.isfinite(values[member])]
        leader = str(contributions[defined or members].abs().idxmax())
        total = float(contributions[members].sum())
        rows[leader] = {
            "contribution": total,
            "percent": 100 * np.expm1(total) if logs else np.nan,
            "members": len(members),
            "value": float(values[leader]),
        }
        leader_of |= dict.fromkeys(members, leader)
    groups = pd.DataFrame.from_dict(rows, orient="index").rename_axis("descriptor")
    groups = groups.loc[groups["contribution"].abs().sort_values(ascending=False, kind="stable").index]
    per_descriptor = pd.DataFrame({"value": values, "contribution": contributions, "group": pd.Series(leader_of)})
    # by the place of their group, and within it by size
    place_of_group = {leader: place for place, leader in enumerate(groups.index)}
    place = per_descriptor["group"].map(place_of_group)
    order = np.lexsort([-per_descriptor["contribution"].abs(), place])
    return groups, per_descriptor.iloc[order].rename_axis("descriptor")


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
    nearest = distance.sort_values(kind="stable").index[:n]
    deviation = known.X[bundle.feature_names].std()
    deviation = deviation.where(deviation > 0)
    # one descriptor of each correlated group is enough to tell crystals apart
    leaders = [members[0] for members in _clusters(bundle).members.values()]
    neighbours: dict[Any, dict[str, Any]] = {}
    for name in nearest:
        neighbour: dict[str, Any] = {}
        if "formula" in known.identity:
            neighbour["formula"] = known.identity.loc[name, "formula"]
        neighbour["distance"] = float(distance[name])
        neighbour |= {target: float(known.moduli.loc[name, target]) for target in bundle.regressors}
        identity_apart = _kinds_apart(known.identity.loc[name], compound or {})
        apart = _descriptors_apart(known.X.loc[name, leaders], row[leaders], deviation[leaders])
        neighbour["differences"] = ", ".join(
            [
                *differences_in_kind(known.identity.loc[name], compound or {}, identity_apart),
                *differences_in_descriptors(known.X.loc[name], row, apart),
            ]
        )
        neighbours[name] = neighbour
    return pd.DataFrame.from_dict(neighbours, orient="index").rename_axis("known_crystal")


def _kinds_apart(known: pd.Series, own: Mapping[str, Any]) -> list[str]:
    """List what of the composition and the stacking is another."""
    told_of_both = [kind for kind in _COMPOSITION if kind in own and kind in known.index]
    return [kind for kind in told_of_both if str(known[kind]) != str(own[kind])]


def _descriptors_apart(known: pd.Series, own: pd.Series, deviation: pd.Series, n: int = 3) -> list[str]:
    """Descriptors in which a known crystal differs most."""
    apart = ((known - own) / deviation).abs().dropna()
    largest = apart.sort_values(ascending=False, kind="stable").head(n)
    return [str(name) for name in largest[largest >= _MIN_DIFFERENCE].index]


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
