"""Turn finished label records into a release of the data set: perceive, compute moduli, check, write."""

from __future__ import annotations

import gzip
import io
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._files import write_atomic
from perovex._progress import progress_bar
from perovex.datasets.elastic import LABELS, MANIFEST, STRUCTURES, TENSORS, flat_smiles, load_elastic
from perovex.datasets.paths import write_checksums
from perovex.datasets.ranking import rank_labels
from perovex.datasets.relabelled import keep_beginnings
from perovex.datasets.schema import COLUMNS, MODULI, SEARCHED, SOFT_FROZEN, validate_labels, with_source
from perovex.datasets.stacking import stacking_of
from perovex.elasticity.labels import causes
from perovex.elasticity.labels.words import causes_in_text_of_older_releases, reason_in_words
from perovex.errors import DatasetError, ElasticityError, PerovexError
from perovex.minima import pack_search

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ase import Atoms

    from perovex.crystal import LayeredPerovskite
    from perovex.datasets.elastic import ElasticData

_TENSOR_KEYS = ("C_GPa", "C_clamped_GPa", "C_soft_modes_frozen_GPa", "modes")
_ACCEPTED = "accepted"
_GIVE_RECORDS = "give folders that hold nothing but records of `perovex label`"


def collect(  # noqa: PLR0913 - choices of the user
    records: str | Path | Iterable[str | Path],
    out: str | Path,
    *,
    base: str | Path | None = None,
    again: bool = False,
    search: str | Path | None = None,
    within: float | None = None,
    version: str | None = None,
    notes: str = "",
    date: str | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Write a release of the data set from label records.

    Parameters
    ----------
    records : path or iterable of path
        Record files (``NAME.json`` beside ``NAME.extxyz``, as `perovex label` writes them) or folders of them.
    out : path
        Folder of the release; existing files of a release are replaced.
    base : path, optional
        Release to extend: its labels are carried over unless a record of the same crystal and potential replaces
        them.
    again : bool
        The records were made from relaxed crystals of the base: a label that replaces one of the same name keeps its
        parent, its stacking and the whole change of volume.
    search : path, optional
        Folder of `perovex minima`: every label is then compared with all that was tried for its compound, see
        ``minimum`` and the columns after it in `describe_columns`, and the candidates are packed beside the labels, so
        that the search can go on from the release.
    within : float, optional
        Leave out labels whose compound has a minimum more than this lower, meV per metal; measured crystals stay, and
        crystals of which another potential's label stays. The manifest names what was left out.
    version : str, optional
        Default: the folder's name.
    notes : str, optional
        Goes into the manifest.
    date : str, optional
        ISO date of the release; default today.
    progress : bool, default True
        Show a progress bar on stderr.

    Returns
    -------
    DataFrame
        The table of labels as written, one row per record; a record that cannot be used is a rejected row with
        its reason.

    Raises
    ------
    DatasetError
        If there are no records, two have the same name and potential, or none is accepted: nothing is written then.
    """
    given = [records] if isinstance(records, (str, Path)) else list(records)
    paths = _record_paths(given)
    if not paths:
        raise DatasetError(
            "no label records", remedy="run `perovex label` first", source=", ".join(map(str, given)) or None
        )
    rows: list[dict[str, Any]] = []
    tensors: dict[str, dict[str, Any]] = {}
    crystals: list[Atoms] = []
    for path in progress_bar(paths, desc="collect", unit="crystal", shown=progress):
        row, stored, atoms = _read_record(path)
        rows.append(row)
        tensors[row["label_id"]] = stored
        if atoms is not None:
            atoms.info = {"label_id": row["label_id"]}
            crystals.append(atoms)
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    old = None if base is None else load_elastic(base)
    if old is not None:
        table = keep_beginnings(table, old.labels) if again else table
        table = _carry_over(old, table, tensors, crystals)
    table = table.sort_values("label_id").reset_index(drop=True)
    repeated = table.loc[table["label_id"].duplicated(), "label_id"]
    if len(repeated):
        raise DatasetError(f"two records make the same label {repeated.iloc[0]}", remedy="remove one of them")
    if not (table["status"] == _ACCEPTED).any():
        raise DatasetError(
            f"none of {len(table)} labels is accepted: {_reasons(table)}",
            remedy="label other crystals, or extend a release with base (--base)",
        )
    table = _with_minima(table, crystals, search)
    left_out = {} if old is None else dict(old.manifest.get("left_out", {}))
    if within is not None:
        ranked, table = table, _near_the_lowest(table, within)
        left_out |= _energies_of_others(ranked, table)
        tensors = {label: tensors[label] for label in table["label_id"]}
        crystals = [atoms for atoms in crystals if atoms.info["label_id"] in tensors]
    folder = Path(out)
    table = validate_labels(table, source=folder / LABELS)
    if search is not None:
        pack_search(search, folder)
    manifest = {
        "version": version or folder.name,
        "date": date or datetime.now(tz=UTC).date().isoformat(),
        "notes": notes,
        "left_out": {label: left_out[label] for label in sorted(left_out) if label not in tensors},
    }
    _write(folder, table, tensors, crystals, manifest)
    return table


def _with_minima(table: pd.DataFrame, crystals: list[Atoms], search: str | Path | None) -> pd.DataFrame:
    """Rank labels of one compound by energy where there was a search, else keep what a base says of its own."""
    if search is not None:
        ranked = rank_labels(with_source(table), crystals, search)
        return table.drop(columns=list(SEARCHED)).join(ranked, on="label_id")
    if table["minimum"].isna().all():
        return table.drop(columns=list(SEARCHED))
    return table.fillna({"minimum": 0})


def _near_the_lowest(table: pd.DataFrame, within: float) -> pd.DataFrame:
    """Labels that lie at most so far above the lowest of their compound, as far as one knows, and measured crystals.

    A label stays, too, where another potential's label of the same crystal stays: they are there to be compared.
    """
    if "minimum" not in table:
        raise DatasetError("nothing says which minima are too high", remedy="give the search, too (--search)")
    superseded = (table["minimum"] > 0) & (table["energy_above_lowest"].astype(float) > within)
    stay = table["crystal_id"].isin(table.loc[~superseded, "crystal_id"])
    return table.loc[stay].reset_index(drop=True)


def _energies_of_others(ranked: pd.DataFrame, kept: pd.DataFrame) -> dict[str, float]:
    """Labels that were not kept, with their energy above the lowest, meV per metal."""
    others = ranked[~ranked["label_id"].isin(kept["label_id"])]
    return dict(zip(others["label_id"], others["energy_above_lowest"].astype(float).round(1), strict=True))


def _reasons(table: pd.DataFrame, limit: int = 3) -> str:
    """Why labels were rejected, the most frequent reasons first."""
    counts = table["reason"].value_counts()
    named = [f"{reason or 'no reason on record'} ({count})" for reason, count in counts.head(limit).items()]
    return "; ".join([*named, *([f"{len(counts) - limit} other reasons"] if len(counts) > limit else [])])


def _carry_over(
    old: ElasticData, table: pd.DataFrame, tensors: dict[str, dict[str, Any]], crystals: list[Atoms]
) -> pd.DataFrame:
    """Add the labels of an earlier release that no new record replaces."""
    from pymatgen.io.ase import AseAtomsAdaptor

    kept = old.labels.loc[~old.labels.index.isin(table["label_id"])].reset_index()
    stored = json.loads((old.folder / TENSORS).read_text(encoding="utf-8"))
    for label in kept["label_id"]:
        tensors[label] = stored[label]
        try:
            atoms = AseAtomsAdaptor.get_atoms(old.structure(label))
        except DatasetError:  # a rejected label may have no structure
            continue
        atoms.info = {"label_id": label}
        crystals.append(atoms)
    return pd.concat([kept.reindex(columns=list(COLUMNS)), table], ignore_index=True)


def _record_paths(records: Iterable[str | Path]) -> list[Path]:
    paths: list[Path] = []
    for item in map(Path, records):
        if item.is_dir():
            paths += sorted(item.glob("*.json"))
        elif item.is_file():
            paths.append(item)
        else:
            raise DatasetError("no such record", remedy="give folders or files written by `perovex label`", source=item)
    return paths


def read_label(path: str | Path) -> dict[str, Any]:
    """Read one record of `perovex label`, with the moduli of its tensor.

    Parameters
    ----------
    path : path
        ``NAME@POTENTIAL.json`` beside its ``.extxyz``.

    Returns
    -------
    dict
        Row of a release, see `perovex.datasets.describe_columns`; a label that cannot be used is ``rejected``, with its
        ``reason``.

    Raises
    ------
    DatasetError
        The file is no record.
    """
    return _read_record(Path(path))[0]


def _read_record(path: Path) -> tuple[dict[str, Any], dict[str, Any], Atoms | None]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        name, potential, status = record["name"], record["potential"], record["status"]
    except (OSError, ValueError) as error:
        raise DatasetError(f"not a label record: {error}", remedy=_GIVE_RECORDS, source=path) from None
    except (KeyError, TypeError):
        raise DatasetError(
            "not a label record: it lacks name, potential or status", remedy=_GIVE_RECORDS, source=path
        ) from None
    row: dict[str, Any] = {
        "label_id": f"{name}@{potential}",
        "crystal_id": name,
        "potential": potential,
        "status": status,
        "reason": record.get("reason") or "",
        "causes": causes.joined(_causes_on_record(record)),
        "parent": record.get("parent", ""),
        "origin": record.get("origin", ""),
        "calls": record.get("calls"),
        "seconds": record.get("seconds"),
        "energy": record.get("energy_eV"),
        "volume_change": 100 * _number(record.get("volume_change")),
        "lowest_eigenvalue": min(record.get("lowest_eigenvalues") or [math.nan]),
        "max_force": _number(record.get("max_force_eV_per_A")),
        "max_stress": _number(record.get("max_stress_GPa")),
        "parent_stacking": record["stacking"] if "stacking" in record else stacking_of(record.get("phase") or ""),
        "n_layers": _number(record.get("n")),
        "metal": record.get("metal") or "",
        "halide": record.get("halide") or "",
        "spacer_smiles": record.get("spacer_smiles") or "",
        "n_atoms": 0,
    }
    stored = {key: record[key] for key in _TENSOR_KEYS if record.get(key) is not None}
    stored["settings"] = record.get("settings", {})
    stored["versions"] = record.get("versions", {})
    geometry = path.with_suffix(".extxyz")
    if not geometry.is_file():
        return _reject(row, causes.NOT_KEPT), stored, None
    import ase.io

    try:
        with geometry.open(encoding="utf-8") as handle:  # a handle: ASE would read an @ in a name as an index
            atoms = ase.io.read(handle, format="extxyz")
    except Exception as error:  # noqa: BLE001 (a damaged file makes ASE raise many types)
        return _reject(row, causes.NOT_READ, str(error)), stored, None
    atoms.calc = None
    for extra in ("momenta",):
        if atoms.has(extra):
            del atoms.arrays[extra]
    row["n_atoms"] = len(atoms)
    row["formula"] = atoms.get_chemical_formula("metal", empirical=True)
    _perceive_into(row, stored, atoms, path)
    return row, stored, atoms


def _perceive_into(row: dict[str, Any], stored: dict[str, Any], atoms: Atoms, path: Path) -> None:
    """Add what the relaxed crystal is, and its moduli; reject it where it is no longer what it started as."""
    from pymatgen.io.ase import AseAtomsAdaptor

    from perovex.crystal import perceive

    try:
        crystal = perceive(AseAtomsAdaptor.get_structure(atoms), source=str(path))
    except PerovexError as error:
        _reject(row, causes.NO_NETWORK, str(error.cause))
        return
    expected_n, expected_spacer = row["n_layers"], row["spacer_smiles"]
    row.update(
        n_layers=crystal.n_layers,
        phase=crystal.phase,
        stacking=crystal.stacking,
        spacer_smiles=crystal.spacer_smiles,
        cage=".".join(sorted({m.smiles for m in crystal.cage_cations})),
        metal=".".join(crystal.metals),
        halide=".".join(crystal.halides),
    )
    if not math.isnan(expected_n) and expected_n != crystal.n_layers:
        _reject(row, causes.OTHER_N, f"from {expected_n:g} to {crystal.n_layers:g}")
    elif expected_spacer and flat_smiles(expected_spacer) != flat_smiles(crystal.spacer_smiles):
        _reject(row, causes.OTHER_SPACER, f"to {crystal.spacer_smiles}")
    if "C_GPa" in stored:
        try:
            _moduli_into(row, stored, crystal)
        except (ElasticityError, TypeError, ValueError) as error:
            row.update(dict.fromkeys((*MODULI, *SOFT_FROZEN, "poisson_vrh", "universal_anisotropy"), math.nan))
            _reject(row, causes.NO_TENSOR, str(getattr(error, "cause", error)))


def _moduli_into(row: dict[str, Any], stored: dict[str, Any], crystal: LayeredPerovskite) -> None:
    from perovex.elasticity import ElasticTensor

    normal = sheet_normal(crystal)
    stored["normal"] = np.round(normal, 6).tolist()
    moduli = ElasticTensor(np.array(stored["C_GPa"])).moduli(normal)
    for key in (*MODULI, "poisson_vrh", "universal_anisotropy"):
        row[key] = moduli[key]
    if row["status"] == _ACCEPTED and (not moduli["born_stable"] or min(row[k] for k in MODULI) <= 0):
        _reject(row, causes.NOT_POSITIVE)
    if "C_soft_modes_frozen_GPa" in stored:
        frozen = ElasticTensor(np.array(stored["C_soft_modes_frozen_GPa"])).moduli(normal)
        row.update({key: frozen[key.removesuffix("_soft_frozen")] for key in SOFT_FROZEN})


def sheet_normal(crystal: LayeredPerovskite) -> np.ndarray:
    """Return what the plane averages need: the slab normal, or the three pseudo-cubic axes of a 3D network."""
    if crystal.dimensionality == 3:
        return np.vstack([crystal.in_plane_axes, crystal.normal])
    return crystal.normal


def _causes_on_record(record: dict[str, Any]) -> list[str]:
    """Causes of a record; those of an older one, which holds none, stand in its reason alone."""
    if record["status"] == _ACCEPTED:
        return []
    if "causes" in record:
        return list(record["causes"])
    return causes_in_text_of_older_releases(record.get("reason") or "")


def _reject(row: dict[str, Any], cause: str, details: str = "") -> dict[str, Any]:
    """Add a cause to those of a rejected row; it is the only one of a row that was accepted until here."""
    reason = reason_in_words(cause, details)
    rejected_before = row["status"] == "rejected"
    row["reason"] = f"{row['reason']}; {reason}" if rejected_before and row["reason"] else reason
    row["causes"] = causes.joined([*causes.split(row["causes"]), cause])
    row["status"] = "rejected"
    return row


def _number(value: Any) -> float:
    return math.nan if value in (None, "") else float(value)


def _write(
    folder: Path,
    table: pd.DataFrame,
    tensors: dict[str, dict[str, Any]],
    crystals: list[Atoms],
    manifest: dict[str, Any],
) -> None:
    """Write the files of a release; the manifest gets counts and units."""
    import ase.io

    text = io.StringIO()
    for atoms in sorted(crystals, key=lambda a: a.info["label_id"]):
        ase.io.write(text, atoms, format="extxyz")
    counts = (table["potential"] + " " + table["status"]).value_counts().sort_index()
    manifest |= {
        "rows": {str(name): int(n) for name, n in counts.items()},
        "units": {name: c.unit for name, c in COLUMNS.items() if c.unit and name in table},
    }
    rounded = table.copy()
    floats = [name for name, c in COLUMNS.items() if c.dtype == "float" and name in table]
    rounded[floats] = rounded[floats].astype(float).round(6)
    write_atomic(folder / LABELS, rounded.to_csv(index=False, lineterminator="\n").encode())
    write_atomic(folder / TENSORS, (json.dumps(dict(sorted(tensors.items())), indent=None) + "\n").encode())
    # mtime 0: the same crystals give the same bytes, hence the same checksum.
    write_atomic(folder / STRUCTURES, gzip.compress(text.getvalue().encode(), mtime=0))
    write_atomic(folder / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
    write_checksums(folder)
