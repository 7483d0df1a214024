"""Stiffness of crystals that are not in the data: from a structure, or from a spacer, metal, halide and n."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

from perovex.errors import ModelFileError, PerovexError

if TYPE_CHECKING:
    from perovex.crystal import LayeredPerovskite
    from perovex.learn import ModelBundle


#: How far (GPa) a built geometry moves a prediction in four of five known crystals, by models that never saw the
#: spacer, for each kind of moduli; measured by ``benchmarks/build.py`` on 197 rebuilt crystals (185 of them with
#: diammonium spacers, 136 with n = 1).
BUILT_MOVES: Final = {
    "relaxed": {"E_in_plane": 1.7, "E_out_of_plane": 3.4, "E_vrh": 2.5},
    "soft_frozen": {"E_in_plane": 1.8, "E_out_of_plane": 2.9, "E_vrh": 1.6},
}
#: The same after relaxation, on forty of them. Relaxing makes cells right but predictions no better: errors of E_vrh
#: were 2.6 GPa with it and 2.5 without (1.8 and 1.6 with soft modes frozen), 1.4 (1.0) for the known crystals. A
#: relaxed guess is often another packing than the known one, which has other moduli.
RELAXED_MOVES: Final = {
    "relaxed": {"E_in_plane": 1.3, "E_out_of_plane": 3.4, "E_vrh": 2.6},
    "soft_frozen": {"E_in_plane": 1.5, "E_out_of_plane": 3.3, "E_vrh": 2.0},
}


def built_warning(moduli: str, *, relaxed: bool) -> str:
    """Return the warning that goes with a prediction for a crystal that was built.

    Parameters
    ----------
    moduli : {"relaxed", "soft_frozen"}
        What is predicted.
    relaxed : bool
        Whether the crystal was relaxed by a potential after it was built.

    Examples
    --------
    >>> built_warning("made with other settings", relaxed=True)
    'geometry built and relaxed, perhaps into another packing: how far that moves predictions was not measured'
    """
    what = "geometry built and relaxed, perhaps into another packing" if relaxed else "geometry built, not relaxed"
    moves = (RELAXED_MOVES if relaxed else BUILT_MOVES).get(moduli)
    if moves is None:
        return f"{what}: how far that moves predictions was not measured"
    listed = ", ".join(f"{move} GPa ({target})" for target, move in moves.items())
    return f"{what}: that moves predictions by up to {listed} in 4 of 5 known crystals, not counted in the intervals"


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
    from perovex.datasets import data_root

    folder = data_root() / "models" / moduli
    if not (folder / "manifest.json").is_file():
        raise ModelFileError(
            f"no bundled models for {moduli!r} moduli",
            remedy="take 'relaxed' or 'soft_frozen', or run `perovex study --out DIR` and pass --models DIR/models",
            source=folder,
        )
    return folder


def predict(
    items: Iterable[Any] | Any,
    *,
    models: str | Path | ModelBundle | None = None,
    moduli: str | None = None,
    disorder: str = "error",
) -> pd.DataFrame:
    """Predict stiffness from structures.

    Parameters
    ----------
    items : structure, path, glob, folder, an iterable of them, or a mapping of names to structures
        pymatgen structures, ASE atoms, perceived crystals, or files; no file is predicted twice.
    models : path or ModelBundle, optional
        Models written by `perovex study`; default: those that come with the package.
    moduli : {"relaxed", "soft_frozen"}, optional
        Which of the models that come with the package: for Young's moduli with all ions relaxed under strain
        (default), or with the softest modes frozen. Not beside `models`.
    disorder : {"error", "major"}
        What to do about partial occupancy, see `perovex.read`; perceived crystals are taken as they are.

    Returns
    -------
    DataFrame
        One row per crystal: probability and class, each modulus in GPa with its interval, whether the crystal lies
        in the training domain, and the columns ``warning`` (also what reading left out) and ``error``; a crystal
        that cannot be described has only an error.

    Raises
    ------
    ModelFileError
        If the models cannot be loaded, or `moduli` is given beside them.
    StructureFileError
        If the only item is missing or matches no file; beside others it costs its row.
    PerovexError
        If `disorder` is unknown.

    Examples
    --------
    >>> from perovex import load_elastic, predict
    >>> data = load_elastic()
    >>> name = data.table.index[data.table["n_layers"] == 1][0]
    >>> row = predict(data.structures[name]).iloc[0]
    >>> bool(row["E_in_plane_lower"] <= row["E_in_plane"] <= row["E_in_plane_upper"])
    True
    """
    from perovex.crystal.reading.disorder import check_policy
    from perovex.descriptors import REGISTRY, describe
    from perovex.learn import ModelBundle

    check_policy(disorder)
    bundle = models if isinstance(models, ModelBundle) else ModelBundle.load(choose_models(models, moduli))
    named = _named(items)
    # by position: two crystals may bear the same name
    rows: dict[int, pd.Series] = {}
    errors: dict[int, str] = {}
    notes: dict[int, Iterable[str]] = {}
    for number, (_, item) in enumerate(named):
        try:
            crystal = _complete(item, disorder)
            rows[number] = describe(crystal)
            notes[number] = crystal.structure.properties.get("warnings", ())
        except PerovexError as error:
            errors[number] = f"{error.kind}: {error}"
    # without a row to predict the columns are still those of a prediction
    described = pd.DataFrame(rows).T if rows else pd.DataFrame([dict.fromkeys(bundle.feature_names, math.nan)])
    table = bundle.predict(described.astype(float))
    changed = bundle.redefined({key: REGISTRY[key].version for key in bundle.feature_names if key in REGISTRY})
    stale = [f"trained on other definitions of {', '.join(changed)}"] if changed else []
    table["warning"] = [
        "; ".join([*([] if inside else [f"outside the training domain ({reason})"]), *stale, *notes.get(number, ())])
        for number, inside, reason in zip(table.index, table["in_domain"], table["domain_reason"], strict=True)
    ]
    table = table.reindex(range(len(named))) if rows else table.iloc[:0].reindex(range(len(named)))
    table["warning"] = table["warning"].fillna("")
    table["error"] = [errors.get(number, "") for number in range(len(named))]
    table.index = pd.Index([name for name, _ in named], name="crystal")
    return table


def _complete(item: Any, disorder: str) -> LayeredPerovskite:
    """Perceive, and refuse a crystal whose hydrogens are missing: its cation descriptors would be guesses."""
    from perovex.crystal import LayeredPerovskite, perceive
    from perovex.descriptors import missing_hydrogens

    crystal = item if isinstance(item, LayeredPerovskite) else perceive(item, disorder=disorder)
    error = missing_hydrogens(crystal)
    if error is not None:
        raise error
    return crystal


def predict_new(  # noqa: PLR0913 - the crystal's own parameters
    spacer: str,
    *,
    metal: str = "Pb",
    halide: str = "I",
    n: int = 1,
    cage: str = "MA",
    phase: Literal["RP", "DJ"] | None = None,
    relax: bool | str = False,
    models: str | Path | ModelBundle | None = None,
    moduli: str | None = None,
    random_state: int = 0,
    progress: bool = False,
) -> pd.DataFrame:
    """Build a crystal from its spacer and composition and predict its stiffness.

    The crystal is built by `perovex.building.build_layered`. Its geometry is a guess that the intervals of the models
    do not include; the column ``warning`` says how much that guess moves predictions. Relaxation makes a crystal of
    the potential out of it, but not always the known one, and did not bring predictions nearer.

    Parameters
    ----------
    spacer : str
        SMILES of the spacer cation, charges written out.
    metal, halide : str
        Elements.
    n : int
        Sheets per slab.
    cage : {"MA", "FA", "Cs", "Rb"}
        Cage cation for n > 1.
    phase : {"RP", "DJ"}, optional
        Default RP for spacers with one, DJ for those with two ammonium groups.
    relax : bool or str
        Relax the built crystal with the potential of the labels (needs ``perovex[labels]``; minutes), or with the
        one of this name.
    models : path or ModelBundle, optional
        As in `predict`.
    moduli : {"relaxed", "soft_frozen"}, optional
        As in `predict`.
    random_state : int
        Seed of the conformer search.
    progress : bool
        Show progress bars on stderr.

    Returns
    -------
    DataFrame
        One row, as `predict` gives it.

    Raises
    ------
    SmilesError, BuildError
        If the spacer cannot be read, no crystal can be built, or it does not survive relaxation.
    LabelError
        If `relax` is asked for and the potential cannot be loaded.

    Examples
    --------
    >>> from perovex.prediction.crystals import predict_new
    >>> row = predict_new("[NH3+]CCCC[NH3+]").iloc[0]
    >>> bool(row["E_in_plane"] > 0), row["warning"].startswith("geometry built, not relaxed")
    (True, True)
    """
    from perovex.building import build_layered
    from perovex.learn import ModelBundle

    crystal = build_layered(
        spacer, metal=metal, halide=halide, n=n, cage=cage, phase=phase, random_state=random_state, progress=progress
    )
    if relax:
        from perovex.prediction.relaxing import relax_by_potential

        crystal = relax_by_potential(crystal, relax if isinstance(relax, str) else "", progress=progress)
    bundle = models if isinstance(models, ModelBundle) else ModelBundle.load(choose_models(models, moduli))
    table = predict(crystal, models=bundle)
    table.index = pd.Index([f"{spacer} {metal}{halide} n={n}"], name="crystal")
    note = built_warning(bundle.manifest["training"].get("moduli", "relaxed"), relaxed=bool(relax))
    table["warning"] = [f"{note}; {old}" if old else note for old in table["warning"]]
    return table


def _named(items: Any) -> list[tuple[str, Any]]:
    from perovex.crystal import expand_paths

    if isinstance(items, Mapping):
        return [(str(name), item) for name, item in items.items()]
    given = list(items) if _holds_crystals(items) else [items]
    named: list[tuple[str, Any]] = []
    seen: set[Path] = set()
    for number, item in enumerate(given):
        if isinstance(item, (str, Path)):
            paths = [path for path in expand_paths(item, keep_missing=len(given) > 1) if path not in seen]
            seen.update(paths)
            named += [(str(path), path) for path in paths]
        else:
            named.append((_label(item, number), item))
    return named


def _holds_crystals(items: Any) -> bool:
    """Tell several crystals from one: a structure is iterable, too, but over sites or atoms."""
    if isinstance(items, (str, Path)) or hasattr(items, "lattice") or hasattr(items, "get_positions"):
        return False
    return isinstance(items, Iterable)


def _label(item: Any, number: int) -> str:
    properties = getattr(item, "properties", None) or {}
    return str(properties.get("label_id") or getattr(item, "source", None) or f"crystal {number}")
