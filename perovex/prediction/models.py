"""Which models predict: those of the user, or those that come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from perovex._bundled import data_root
from perovex.building.from_known import MIRRORED
from perovex.errors import ModelFileError
from perovex.learn import ModelBundle

if TYPE_CHECKING:
    from collections.abc import Mapping


def choose_models(models: str | Path | None, moduli: str | None) -> Path:
    """Return the folder of models asked for, or of those that come with the package.

    Parameters
    ----------
    models : path, optional
        Models written by `perovex study`.
    moduli : str, optional
        Kind of moduli of the models that come with the package, as in `default_models`.

    Raises
    ------
    ModelFileError
        If both are given, or this installation has no such models.
    """
    if models is not None and moduli is not None:
        raise ModelFileError(
            "models and a kind of moduli were both given", remedy="models know their kind: leave one out", source=models
        )
    return Path(models) if models is not None else default_models(moduli or "relaxed")


def default_models(moduli: str = "relaxed") -> Path:
    """Return the folder of the models that come with the package.

    Parameters
    ----------
    moduli : {"relaxed", "soft_frozen"}
        What they predict: moduli with all ions relaxed under strain, or with the softest modes frozen.

    Raises
    ------
    ModelFileError
        If this installation has none of these.
    """
    folder = data_root() / "models" / moduli
    if not (folder / "manifest.json").is_file():
        raise ModelFileError(
            f"no bundled models for {moduli!r} moduli",
            remedy="take 'relaxed' or 'soft_frozen', or run `perovex study --out DIR` and pass --models DIR/models",
            source=folder,
        )
    return folder


def load_models(models: str | Path | ModelBundle | None = None, moduli: str | None = None) -> ModelBundle:
    """Load models, or those that come with the package.

    Parameters
    ----------
    models : path or ModelBundle, optional
        Models written by `perovex study`; loaded ones are returned as they are.
    moduli : {"relaxed", "soft_frozen"}, optional
        Kind of moduli of the models that come with the package.

    Returns
    -------
    ModelBundle

    Raises
    ------
    ModelFileError
        If the models cannot be loaded, do not answer as when they were written, or `moduli` is given beside them.

    Examples
    --------
    >>> load_models().manifest["training"]["moduli"]
    'relaxed'
    """
    if isinstance(models, ModelBundle):
        return models
    return ModelBundle.load(choose_models(models, moduli))


def built_warning(manifest: Mapping[str, Any], origin: Mapping[str, Any]) -> str:
    """Return the warning that goes with a prediction for a crystal that was made and not measured.

    How far such a geometry moves predictions is measured by ``benchmarks/build.py`` for one set of models, stands in
    their manifest, and is said of no other.

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
    relative = origin.get("build", {}).get("from", "")
    steps = origin.get("build", {}).get("steps", "")
    mixture = origin.get("build", {}).get("arrangement", "")  # how far a guess moves was measured on single halides
    if "relaxation" in origin:
        kind, what = "relaxed", "geometry built and relaxed, perhaps into another packing"
    elif relative and steps in ("", MIRRORED):
        hand = f" of the other hand, {MIRRORED}" if steps else ""
        return f"geometry of {relative}, a known crystal of this compound{hand}"
    elif relative:
        kind, what = "from_known", f"geometry of {relative}, {steps}, not relaxed"
    else:
        kind, what = "built", "geometry built, not relaxed"
    if mixture:
        what = f"{what}, its mixed halides placed and not found ({mixture})"
    measured = None if mixture else manifest.get("built_geometry", {}).get(kind)
    if not measured:
        return f"{what}: how far that moves predictions was not measured"
    listed = ", ".join(f"{move:g} GPa ({target})" for target, move in measured["moves"].items())
    return (
        f"{what}: that moves predictions by up to {listed} in 4 of 5 of {measured['n_crystals']} known crystals, "
        "not counted in the intervals"
    )
