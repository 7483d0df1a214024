"""What a reader of a prediction should know, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.descriptors import REGISTRY
from perovex.learn.bundle.words import of_other_models

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from perovex.descriptors.batch import Described
    from perovex.learn import ModelBundle


def remarks(row: pd.Series, crystal: Described, bundle: ModelBundle) -> list[str]:
    """Return all that a reader of one prediction should know, the weightiest first.

    Parameters
    ----------
    row : Series
        Of a prediction.
    crystal : Described
    bundle : ModelBundle
    """
    return [*of_prediction(row, bundle), *of_crystal(row, crystal, bundle)]


def of_prediction(row: pd.Series, bundle: ModelBundle, n_outside: int = 1, n_builds: int = 1) -> list[str]:
    """Return what is said of the numbers: that they lie outside what was learnt, or contradict each other.

    Parameters
    ----------
    row : Series
        Of a prediction, or of an average over builds.
    bundle : ModelBundle
    n_outside, n_builds : int
        How many builds were averaged, and how many of them lie outside.
    """
    notes = []
    if not row["in_domain"]:
        share = f"{n_outside} of {n_builds} builds lie " if n_builds > 1 else ""
        notes.append(
            f"{share}outside what was learnt ({row['domain_reason']}): no coverage is claimed for the intervals"
        )
    disagreement = contradiction(row, bundle)
    if disagreement:
        notes.append(disagreement)
    return notes


def of_crystal(row: pd.Series, crystal: Described, bundle: ModelBundle, geometry: str = "") -> list[str]:
    """Return what is said of a crystal and its descriptors, whatever was predicted.

    Parameters
    ----------
    row : Series
        Of a prediction.
    crystal : Described
    bundle : ModelBundle
    geometry : str
        What is said of its geometry where that was not measured; by default what its own origin lets say.
    """
    notes = []
    versions = {key: REGISTRY[key].version for key in bundle.feature_names if key in REGISTRY}
    changed = bundle.redefined(versions)
    if changed:
        notes.append(f"trained on other definitions of {', '.join(changed)}")
    if row.get("known_as"):
        notes.append(_known(row, bundle))
    if crystal.origin:
        notes.append(geometry or built_warning(bundle.manifest, crystal.origin))
    return [*notes, *crystal.warnings]


def contradiction(row: pd.Series, bundle: ModelBundle) -> str:
    """Say why a class and a modulus on the other side of the threshold both stand."""
    target = bundle.manifest["target"]
    probability = probability_column(row.index)
    if not probability or not np.isfinite(row.get(target, np.nan)):
        return ""
    modulus, threshold = row[target], row["threshold"]
    if (modulus > threshold) == (row[probability] > 0.5):
        return ""
    why = "a classifier and a regressor that were trained apart disagree, take the class as undecided"
    if getattr(bundle.classifier, "learns", "classes") == "modulus":
        why = "both come from one distribution, whose typical value and median lie on its two sides: undecided"
    return (
        f"called {row['class']} with {target} = {modulus:.3g} on the other side of the threshold {threshold:.4g}: {why}"
    )


def _known(row: pd.Series, bundle: ModelBundle) -> str:
    """Say as which training crystal a compound is known, and its labels."""
    labels = {target: float(row[f"{target}_label"]) for target in bundle.regressors}
    given = {target: label for target, label in labels.items() if np.isfinite(label)}
    listed = ", ".join(f"{label:.3g} {unit_of(target, bundle)}" for target, label in given.items())
    return f"in the training data as {row['known_as']}: labels {listed}"


def spread(row: pd.Series, n_asked: int, bundle: ModelBundle) -> str:
    """Say how many builds were averaged and how far apart they are."""
    if row["builds"] == 1:
        lost = f" of {n_asked} asked for" if n_asked > 1 else ""
        return f"one build{lost}: other packings of the same cations may predict otherwise"
    spans = []
    for target in bundle.regressors:
        smallest, largest = row[f"{target}_min_of_builds"], row[f"{target}_max_of_builds"]
        spans.append(f"{smallest:.1f} to {largest:.1f} {unit_of(target, bundle)}")
    lost = f" ({n_asked - row['builds']} more could not be built)" if row["builds"] < n_asked else ""
    return f"mean of {row['builds']} builds{lost}, which predict {', '.join(spans)}"


def probability_column(names: Iterable[Any]) -> str:
    """Return the column that holds the probability of the upper class; empty without a classifier."""
    for name in map(str, names):
        if name.startswith("probability_"):
            return name
    return ""


def unit_of(target: str, bundle: ModelBundle) -> str:
    """Return the unit of a target with its name in parentheses, as it stands behind a number."""
    unit_of_all = bundle.manifest.get("unit", "GPa")
    units = bundle.manifest.get("units") or {}
    unit = units.get(target, unit_of_all)
    return f"{unit} ({target})".strip()


def built_warning(manifest: Mapping[str, Any], origin: Mapping[str, Any]) -> str:
    """Return the warning that goes with a prediction for a crystal that was made and not measured.

    How far such a geometry moves predictions is measured by ``benchmarks/build.py`` and ``benchmarks/relatives.py`` for
    one set of models, stands in their manifest, and is said of no other.

    Parameters
    ----------
    manifest : mapping
        Of the models.
    origin : mapping
        ``build`` and ``relaxation`` of the crystal, as its properties hold them.

    Returns
    -------
    str

    Examples
    --------
    >>> built_warning({}, {"build": {}, "relaxation": {}})
    'geometry built and relaxed, perhaps into another packing: how far that moves predictions was not measured'
    """
    build, relaxed = origin.get("build", {}), "relaxation" in origin
    if build.get("from") and not build.get("steps"):
        hand = " of the other hand, mirrored" if build.get("mirrored") else ""
        again = ", relaxed again" if relaxed else ""
        return f"geometry of {build['from']}, a known crystal of this compound{hand}{again}"
    kind, what = _way(build, relaxed=relaxed)
    mixture = build.get("arrangement", "")
    if mixture:
        what = f"{what}, its mixed halides placed and not found ({mixture})"
    measured = {} if mixture else manifest.get("built_geometry", {})  # measured on single halides
    said = f"{what}: {_how_far(measured.get(kind), manifest)}"
    better = measured.get("from_known_relaxed")
    if kind == "from_known" and better:
        return f"{said}; relaxed by the potential (relax) it would be {_moves(better)}"
    return said


def _way(build: Mapping[str, Any], *, relaxed: bool) -> tuple[str, str]:
    """Return how a crystal was made, as manifests call it and in words."""
    if build.get("from"):
        return _way_from_relative(build, relaxed=relaxed)
    lowest_of, of_like = build.get("lowest_of", 0), build.get("of_like_spacers", 0)
    start = f"geometry of {build['like']}, {build.get('steps', '')}" if build.get("like") else "geometry built"
    if not relaxed:
        return "like_spacer" if build.get("like") else "built", f"{start}, not relaxed"
    if not lowest_of:
        return "built_relaxed", f"{start} and relaxed, perhaps into another packing"
    if not of_like:
        return "built_relaxed", f"{start} and relaxed, the lowest of {lowest_of}"
    return "relaxed", f"{start} and relaxed, the lowest of {lowest_of}, {of_like} of them made of like spacers"


def _way_from_relative(build: Mapping[str, Any], *, relaxed: bool) -> tuple[str, str]:
    """Return how a crystal was made of a known relative."""
    done = f"geometry of {build['from']}, {'mirrored, then ' if build.get('mirrored') else ''}{build['steps']}"
    if not relaxed:
        return "from_known", f"{done}, not relaxed"
    if not build.get("lowest_of"):
        return "nearest_relaxed", f"{done}, relaxed"
    return "from_known_relaxed", f"{done}, relaxed, the lowest of {build['lowest_of']} made of relatives"


def averaged_warning(manifest: Mapping[str, Any], origins: Sequence[Mapping[str, Any]]) -> str:
    """Return the warning that goes with a mean over crystals from nothing and crystals of like spacers.

    Parameters
    ----------
    manifest : mapping
        Of the models.
    origins : sequence of mapping
        As `built_warning` takes them, one of each crystal.

    Returns
    -------
    str
        Empty where all crystals come from nothing, or none does.

    Examples
    --------
    >>> like = {"build": {"like": "BA2PbI4", "steps": "cations exchanged"}}
    >>> averaged_warning({}, [{"build": {}}, like])[:70]
    'geometries of like spacers, cations exchanged (BA2PbI4), and 1 built f'
    """
    lent = [origin["build"]["like"] for origin in origins if origin.get("build", {}).get("like")]
    from_nothing = len(origins) - len(lent)
    if not lent or not from_nothing:
        return ""
    what = f"geometries of like spacers, cations exchanged ({', '.join(lent)}), and {from_nothing} built from nothing"
    measured = manifest.get("built_geometry", {}).get("built_and_like")
    return f"{what}, not relaxed: {_how_far(measured, manifest)}"


def _how_far(measured: Mapping[str, Any] | None, manifest: Mapping[str, Any]) -> str:
    """Say how far a guessed geometry moves predictions, and of which models that was measured if not of these."""
    if not measured:
        return "how far that moves predictions was not measured"
    return (
        f"that moves predictions{of_other_models(measured, manifest)} by up to {_moves(measured)} in 4 of 5 of "
        f"{measured['n_crystals']} known crystals, not counted in the intervals"
    )


def _moves(measured: Mapping[str, Any]) -> str:
    """Say by how much predictions of each target move."""
    return ", ".join(f"{move:g} GPa ({target})" for target, move in measured["moves"].items())
