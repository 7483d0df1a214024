"""Which models predict: those of the user, or those that come with the package."""

from __future__ import annotations

from pathlib import Path

from perovex._bundled import data_root
from perovex.errors import ModelFileError
from perovex.learn import ModelBundle


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
    if models is not None:
        return Path(models)
    return default_models(moduli or "relaxed")


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
