"""Stiffness of crystals from their structures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._progress import progress_bar
from perovex.building.compound import compound_key
from perovex.crystal import expand_paths
from perovex.crystal.reading.disorder import check_policy
from perovex.descriptors.batch import Described, describe_each, holds_crystals, named_items
from perovex.prediction.models import load_models
from perovex.prediction.words import remarks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from perovex.learn import ModelBundle

#: Columns that say what a crystal is, and come first.
COMPOUND = ("formula", "smiles", "metal", "halide", "n", "phase", "stacking")


def predict(
    items: Iterable[Any] | Any,
    *,
    models: str | Path | ModelBundle | None = None,
    moduli: str | None = None,
    disorder: str = "error",
    explain: bool = False,
    n_jobs: int = 1,
    progress: bool = False,
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
    explain : bool
        Add a column ``why`` of `Reasons`: what carries each prediction, the nearest known crystals, and the smallest
        change to the other class (some seconds a crystal).
    n_jobs : int
        Processes that describe crystals.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    DataFrame
        One row per crystal, indexed by name: `COMPOUND`; whether it lies in the training domain and why not;
        probability and class; each modulus in GPa with its interval, and coverage where one is claimed;
        ``known_as`` and ``_label`` of each modulus where the compound is among the training crystals; ``warnings``, a
        list, what lies outside first; and ``error``, for a crystal that cannot be described.

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
    check_policy(disorder)
    bundle = load_models(models, moduli)
    crystals, names = _expanded(items)
    described = list(
        describe_each(crystals, disorder=disorder, n_jobs=n_jobs, progress=progress, keep=explain, framed=True)
    )
    table = predict_described(described, names, bundle)
    if explain:
        table = add_reasons(table, [[crystal] for crystal in described], bundle, progress=progress)
    return table


def add_reasons(
    table: pd.DataFrame, crystals: Sequence[Sequence[Described]], bundle: ModelBundle, *, progress: bool = False
) -> pd.DataFrame:
    """Add the column ``why``: `Reasons` of each row, None where nothing was predicted.

    Parameters
    ----------
    table : DataFrame
        Of predictions.
    crystals : sequence of sequences of Described
        For each row the crystal, or the builds of the compound.
    bundle : ModelBundle
    progress : bool
        Show a progress bar on stderr.
    """
    from perovex.prediction.explaining import explain_described  # a second of imports that few predictions need

    named_builds = zip(table.index, crystals, strict=True)
    bar = progress_bar(named_builds, total=len(table), desc="explain", unit="crystal", shown=progress)
    reasons = pd.Series([explain_described(builds, str(name), bundle) for name, builds in bar], dtype=object)
    return table.assign(why=reasons.to_numpy())


def predict_described(described: Sequence[Described], names: pd.Index, bundle: ModelBundle) -> pd.DataFrame:
    """Predict from described crystals.

    Parameters
    ----------
    described : sequence of Described
    names : Index
        One for each of them.
    bundle : ModelBundle

    Returns
    -------
    DataFrame
        As `predict` gives it.
    """
    # by position: two crystals may bear the same name; one without its hydrogens is no crystal to predict
    sound = [position for position, crystal in enumerate(described) if crystal.error is None]
    predicted = _predict_sound([described[position] for position in sound], bundle)
    predicted.index = pd.Index(sound or [-1])  # of none: a row of nothing, that the next line leaves out
    table = predicted.reindex(range(len(described)))
    notes: list[list[str]] = []
    errors: list[str] = []
    for position, crystal in enumerate(described):
        if crystal.error is None:
            notes.append(remarks(table.iloc[position], crystal, bundle))
            errors.append("")
        else:
            notes.append([])
            errors.append(f"{crystal.error.kind}: {crystal.error}")
    table["warnings"] = notes
    table["error"] = errors
    table.index = pd.Index(names, name="crystal")
    return table


def _predict_sound(crystals: Sequence[Described], bundle: ModelBundle) -> pd.DataFrame:
    """Predict crystals that could be described; of none, one row of nothing with the columns of a prediction."""
    if not crystals:
        nothing = pd.DataFrame([dict.fromkeys(bundle.feature_names, np.nan)])
        predicted = bundle.predict(nothing.astype(float))
        return _with_labels(predicted, nothing, pd.DataFrame(), bundle)
    X = pd.DataFrame([crystal.values for crystal in crystals]).astype(float)
    compounds = pd.DataFrame([crystal.identity for crystal in crystals], index=X.index)
    predicted = bundle.predict(X, crystals=compounds)
    _blank_across_vacuum(predicted, X, compounds)
    return _with_labels(predicted, X, compounds, bundle)


def _with_labels(
    predicted: pd.DataFrame, X: pd.DataFrame, compounds: pd.DataFrame, bundle: ModelBundle
) -> pd.DataFrame:
    """Add what the crystals are, and the labels of compounds that are known; first columns first."""
    table = _order(predicted.join(compounds.reindex(columns=list(COMPOUND))))
    labels = known_labels(records_of(compounds), X, bundle)
    table[labels.columns] = labels.to_numpy() if len(labels) else np.nan
    return table.astype(dict.fromkeys(labels.columns.drop("known_as"), float))


def _blank_across_vacuum(predicted: pd.DataFrame, X: pd.DataFrame, compounds: pd.DataFrame) -> None:
    """Take away the moduli of slabs in vacuum that need a next slab: the one along the normal and the bulk average."""
    # a layered crystal whose slabs do not repeat along the normal has no layer period
    in_vacuum = (compounds["dimensionality"] == 2).to_numpy() & X["layer_period"].isna().to_numpy()
    across = [name for name in predicted.columns if name.startswith(("E_out_of_plane", "E_vrh"))]
    predicted.loc[in_vacuum, across] = np.nan


def _order(table: pd.DataFrame) -> pd.DataFrame:
    """Put first what a crystal is and whether such crystals were learnt from."""
    first = [*COMPOUND, "in_domain", "domain_reason"]
    others = [name for name in table.columns if name not in first]
    return table[[*first, *others]]


def known_labels(compounds: Sequence[dict[str, Any]], X: pd.DataFrame, bundle: ModelBundle) -> pd.DataFrame:
    """Look compounds up among the training crystals.

    Parameters
    ----------
    compounds : sequence of dict
        Identities, as `perovex.crystal.identity.identity` gives them.
    X : DataFrame
        Descriptors of the same crystals; of several known crystals of one compound the nearest is taken.
    bundle : ModelBundle

    Returns
    -------
    DataFrame
        ``known_as`` (empty where a compound is not known) and ``<target>_label`` in GPa.
    """
    columns = {target: f"{target}_label" for target in bundle.regressors}
    known = bundle.known
    names_of: dict[Any, list[Any]] = {}
    if known is not None and "smiles" in known.identity:
        names_of = _names_by_compound(known.identity)
    rows: list[dict[str, Any]] = []
    for position, compound in enumerate(compounds):
        row: dict[str, Any] = {"known_as": ""} | dict.fromkeys(columns.values(), np.nan)
        same_compound = names_of.get(_key(compound), [])
        if same_compound and known is not None:
            distances = bundle.distances(X.iloc[[position]]).iloc[0]
            nearest = str(distances[same_compound].idxmin())
            labels = known.moduli.loc[[nearest]].iloc[0]
            row["known_as"] = nearest
            row |= {column: float(labels[target]) for target, column in columns.items()}
        rows.append(row)
    return pd.DataFrame(rows, columns=["known_as", *columns.values()])


def records_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as mappings of column names."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _names_by_compound(identity: pd.DataFrame) -> dict[Any, list[Any]]:
    """Names of known crystals by the key of their compound."""
    names_of: dict[Any, list[Any]] = {}
    for name, compound in zip(identity.index, records_of(identity), strict=True):
        names_of.setdefault(_key(compound), []).append(name)
    return names_of


def _key(compound: dict[str, Any]) -> Any:
    """Return what two crystals of one compound have in common, and no two of different ones."""
    cage = compound.get("cage")
    if not isinstance(cage, str):  # missing: NaN or None
        cage = ""
    return compound_key(compound["smiles"], compound["metal"], compound["halide"], compound["n"], cage)


def _expanded(items: Any) -> tuple[list[Any], pd.Index]:
    """Crystals and their names; folders and globs become files, each of which is taken once."""
    if isinstance(items, (pd.Series, pd.DataFrame, dict)) or hasattr(items, "keys"):
        return named_items(items)
    given = list(items) if holds_crystals(items) else [items]
    crystals: list[Any] = []
    seen: set[Path] = set()
    for item in given:
        if not isinstance(item, (str, Path)):
            crystals.append(item)
            continue
        paths = expand_paths(item, keep_missing=len(given) > 1)
        unseen = [path for path in paths if path not in seen]
        seen.update(unseen)
        crystals += unseen
    _, names = named_items(crystals)
    if isinstance(names, pd.RangeIndex):
        names = pd.Index([f"crystal {number}" for number in names])
    return crystals, names
