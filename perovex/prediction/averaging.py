"""One prediction of several builds of a compound: numbers averaged, words of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.prediction.crystals import predict_described
from perovex.prediction.words import averaged_warning, of_crystal, of_prediction, probability_column, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perovex.descriptors.batch import Described
    from perovex.learn import ModelBundle


def predict_averaged(rows: Sequence[Sequence[Described]], names: pd.Index, bundle: ModelBundle) -> pd.DataFrame:
    """Predict every build and average those of one compound.

    Parameters
    ----------
    rows : sequence of sequences of Described
        The builds of each compound, at least one; a build that failed counts only where all of them did.
    names : Index
        One for each compound.
    bundle : ModelBundle

    Returns
    -------
    DataFrame
        As `perovex.prediction.predict_new` gives it.
    """
    kept = [_sound_or_first(crystals) for crystals in rows]
    every_build: list[Described] = []
    compound_of: list[int] = []
    for number, crystals in enumerate(kept):
        every_build += crystals
        compound_of += [number] * len(crystals)
    predicted = predict_described(every_build, pd.RangeIndex(len(every_build)), bundle)
    owner = np.array(compound_of)
    averages = []
    for number, crystals in enumerate(kept):
        averages.append(_average(predicted[owner == number], crystals, len(rows[number]), bundle))
    table = pd.DataFrame(averages)
    table.index = names
    return table


def _sound_or_first(crystals: Sequence[Described]) -> list[Described]:
    """Return the builds that succeeded, for a failed one beside them says nothing of the compound; else the first."""
    sound = [crystal for crystal in crystals if crystal.error is None]
    return sound or [crystals[0]]


def _average(builds: pd.DataFrame, crystals: Sequence[Described], n_asked: int, bundle: ModelBundle) -> pd.Series:
    """Average the predictions of several builds of one compound: moduli and ends of intervals by their logarithms."""
    outside = builds[~builds["in_domain"].fillna(value=True).astype(bool)]
    # what the builds say in words is taken from the first that lies outside, else from the first
    speaker = outside if len(outside) else builds
    row = speaker.iloc[0].copy()
    works = all(crystal.error is None for crystal in crystals)
    row["builds"] = len(builds) if works else 0
    for target in bundle.regressors:
        for column in (target, f"{target}_lower", f"{target}_upper", f"{target}_std"):
            if column in builds:
                row[column] = _typical(builds[column].to_numpy(float))
        moduli = builds[target].to_numpy(float)
        row[f"{target}_min_of_builds"] = moduli.min()
        row[f"{target}_max_of_builds"] = moduli.max()
    if not works:
        return row
    probability = probability_column(builds.columns)
    if probability:
        row[probability] = builds[probability].astype(float).mean()
        row["class"] = _class(builds, probability, row[probability])
    for column in ("phase", "stacking"):
        row[column] = "/".join(dict.fromkeys(builds[column]))
    row["warnings"] = _warnings(row, builds, crystals, bundle, n_asked=n_asked, n_outside=len(outside))
    return row


def _warnings(
    row: pd.Series,
    builds: pd.DataFrame,
    crystals: Sequence[Described],
    bundle: ModelBundle,
    *,
    n_asked: int,
    n_outside: int,
) -> list[str]:
    """Return what is said of the average, then of its builds, each sentence once, then how far these are apart."""
    of_builds: list[str] = []
    geometry = averaged_warning(bundle.manifest, [crystal.origin for crystal in crystals])
    for (_, build), crystal in zip(builds.iterrows(), crystals, strict=True):
        of_builds += of_crystal(build, crystal, bundle, geometry)
    notes = [*of_prediction(row, bundle, n_outside, len(builds)), *dict.fromkeys(of_builds)]
    if len(builds) > 1 or not _is_chosen(crystals[0]):
        notes.append(spread(row, n_asked, bundle))
    return notes


def _is_chosen(crystal: Described) -> bool:
    """Whether a crystal was made from a known relative, or is the lowest of several that were relaxed."""
    build = crystal.origin.get("build", {})
    return bool(build.get("from") or build.get("lowest_of"))


def _class(builds: pd.DataFrame, probability: str, mean: float) -> str:
    """Return the name of the class on the side of the mean probability."""
    upper = probability.removeprefix("probability_")
    if mean > 0.5:
        return upper
    lower = [name for name in builds["class"] if name != upper]
    if lower:
        return str(lower[0])
    return "soft" if upper == "stiff" else f"not {upper}"


def _typical(values: np.ndarray) -> float:
    """Geometric mean; the arithmetic one where a value is not positive."""
    if (values > 0).all():
        return float(np.exp(np.log(values).mean()))
    return float(values.mean())
