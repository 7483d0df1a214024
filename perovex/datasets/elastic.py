"""The set of elastic tensors: load, select, check."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._bundled import data_root
from perovex._extxyz import Frames
from perovex.datasets.paths import checksum_lines, verify_checksums
from perovex.datasets.schema import MODULI, SOFT_FROZEN, validate_labels, with_causes, with_source
from perovex.datasets.sound import densities, velocities
from perovex.datasets.stacking import with_stacking
from perovex.elasticity.labels.causes import split
from perovex.elasticity.soft_modes import REGULARISED, regularised_moduli, regularised_tensor
from perovex.errors import DatasetError
from perovex.minima import NEAR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from pymatgen.core import Structure

LABELS, TENSORS, STRUCTURES, MANIFEST = "labels.csv", "tensors.json", "structures.extxyz.gz", "manifest.json"
KINDS = {"relaxed": "C_GPa", "soft_frozen": "C_soft_modes_frozen_GPa", "regularised": "C_GPa"}
"""Kinds of moduli, and which tensor of the file they come from."""
MINIMA = ("lowest", "near", "all")
"""Which labels of a compound are shown."""


@dataclass(frozen=True, eq=False)
class ElasticData:
    """Relaxed crystals with their elastic tensors, one interatomic potential at a time.

    Attributes
    ----------
    labels : DataFrame
        Every label, of all potentials, accepted and rejected, indexed by ``label_id``.
    potential : str
        The potential that `table` shows; moduli of different potentials are never mixed.
    version : str
        Release of the data.
    folder : Path
        Where the files lie.
    manifest : dict
        Release notes: date, counts, units, and under ``left_out`` labels that were made and lie too high to be shown,
        with meV per metal above the lowest of their compound.
    moduli : {"relaxed", "soft_frozen", "regularised"}
        Which elastic constants `table` and `tensors` show: with all ions relaxed under strain; with the modes below the
        soft-mode threshold frozen (see ``data/README.md``); or with a small curvature added to every mode
        (`perovex.elasticity.soft_modes`), for labels that store their modes.
    minima : {"lowest", "near", "all"}
        Which labels of a compound `table` shows: that of its lowest minimum known (and experimental crystals, which
        stay what they are), all within 25 meV per metal of it, or all. Releases up to 0.5 were not searched and show
        all.
    """

    labels: pd.DataFrame
    potential: str
    version: str
    folder: Path
    manifest: dict[str, Any] = field(repr=False)
    moduli: str = "relaxed"
    minima: str = "lowest"

    def __post_init__(self) -> None:
        if self.moduli not in KINDS:
            raise DatasetError(f"no moduli of kind {self.moduli!r}", remedy=f"choose one of {list(KINDS)}")
        if self.minima not in MINIMA:
            raise DatasetError(f"no choice of minima {self.minima!r}", remedy=f"choose one of {list(MINIMA)}")

    @cached_property
    def table(self) -> pd.DataFrame:
        """Accepted labels of the chosen potential, indexed by ``crystal_id``; moduli in GPa.

        Three columns are derived on loading: ``source``, the kind of ``origin``, and from the tensors the longitudinal
        velocities of sound ``v_in_plane`` and ``v_out_of_plane`` (km/s), what picosecond acoustics and Brillouin
        scattering measure.

        With soft modes frozen or regularised only `E_in_plane`, `E_out_of_plane` and `E_vrh` are left of the moduli,
        and crystals without these are left out.
        """
        rows = self.labels[(self.labels["potential"] == self.potential) & (self.labels["status"] == "accepted")]
        if "minimum" in rows and self.minima != "all":
            near = rows["energy_above_lowest"] <= NEAR if self.minima == "near" else False
            rows = rows[(rows["minimum"] == 0) | near]
        if self.moduli == "soft_frozen":
            frozen = rows[list(SOFT_FROZEN)].rename(columns=lambda name: name.removesuffix("_soft_frozen")).dropna()
            rows = rows.drop(columns=[*MODULI, "poisson_vrh", "universal_anisotropy"]).join(frozen, how="inner")
        if self.moduli == "regularised":
            regularised = self._regularised(rows.index)
            if not regularised:
                raise DatasetError(
                    f"release {self.version} stores no modes", remedy="take relaxed or soft_frozen", source=self.folder
                )
            smooth = pd.DataFrame.from_dict(regularised, orient="index", columns=list(REGULARISED))
            rows = rows.drop(columns=[*MODULI, "poisson_vrh", "universal_anisotropy"]).join(smooth, how="inner")
            return rows.rename_axis("label_id").reset_index().set_index("crystal_id").sort_index()
        sound = velocities(rows.index, self._tensor_file, KINDS[self.moduli], densities(self._structure_text))
        return rows.join(sound).rename_axis("label_id").reset_index().set_index("crystal_id").sort_index()

    def _regularised(self, names: pd.Index) -> dict[str, dict[str, float]]:
        """Moduli of every label that stores its modes."""
        stored = {str(name): self._modes(str(name)) for name in names}
        return {name: regularised_moduli(*modes) for name, modes in stored.items() if modes is not None}

    def _modes(self, label_id: str) -> tuple[Any, Any, float, Any] | None:
        entry = self._tensor_file.get(label_id, {})
        if not entry.get("modes"):
            return None
        return entry["C_GPa"], entry["modes"], float(self.structure(label_id).volume), entry["normal"]

    def modes(self, crystal_id: str) -> tuple[Any, Any, float, Any] | None:
        """Return tensor, soft modes with couplings, volume (Å³) and slab normal of a row of `table`.

        Parameters
        ----------
        crystal_id : str

        Returns
        -------
        tuple or None
            What `perovex.elasticity.soft_modes.regularised_moduli` takes; None for labels that store no modes (most up
            to release 0.5).
        """
        return self._modes(str(self.table.loc[crystal_id, "label_id"]))

    @cached_property
    def rejected(self) -> pd.DataFrame:
        """Rejected labels of the chosen potential with the reason, indexed by ``crystal_id``."""
        rows = self.labels[(self.labels["potential"] == self.potential) & (self.labels["status"] == "rejected")]
        return rows.reset_index().set_index("crystal_id").sort_index()

    @cached_property
    def with_label(self) -> frozenset[str]:
        """Names of crystals that were labelled with the chosen potential: accepted, rejected or left out."""
        rows = self.labels["crystal_id"][self.labels["potential"] == self.potential]
        names = [str(label).rsplit("@", 1) for label in self.manifest.get("left_out", {})]
        return frozenset(rows) | {name for name, potential in names if potential == self.potential}

    @cached_property
    def causes(self) -> pd.Series:
        """Why each of `labels` is rejected: a tuple of `perovex.elasticity.labels.causes`, empty for accepted ones."""
        return self.labels["causes"].map(split)

    @cached_property
    def groups(self) -> pd.Series:
        """Spacer of each row of `table`, the unit of evidence; enantiomers count as one.

        A 3D crystal has no spacer and makes a group with others of its cage cation.
        """
        return self.table.apply(_group, axis=1).rename("group")

    @cached_property
    def tensors(self) -> Mapping[str, NDArray[np.float64]]:
        """Elastic tensor of each row of `table`: 6 x 6, GPa, Voigt xx yy zz yz xz xy, frame of the structure."""
        stored = self._tensor_file
        if self.moduli == "regularised":
            known = {str(name): self.modes(str(name)) for name in self.table.index}
            return {name: regularised_tensor(*modes[:3]) for name, modes in known.items() if modes is not None}
        key = KINDS[self.moduli]
        return {str(name): np.array(stored[label][key]) for name, label in self.table["label_id"].items()}

    @cached_property
    def structures(self) -> Mapping[str, Structure]:
        """Relaxed crystal of each row of `table`."""
        return {str(name): self.structure(label) for name, label in self.table["label_id"].items()}

    def settings(self, crystal_id: str) -> dict[str, Any]:
        """Return the protocol that made the label of a row of `table`, as recorded with its tensor."""
        label = self.table.loc[crystal_id, "label_id"]
        return dict(self._tensor_file[str(label)].get("settings", {}))

    def structure(self, label_id: str) -> Structure:
        """Return the relaxed crystal of any label, accepted or not.

        Raises
        ------
        DatasetError
            If there is none of that name.
        """
        from pymatgen.io.ase import AseAtomsAdaptor

        try:
            atoms = self._frames[label_id]
        except KeyError:
            raise DatasetError(f"no structure for label {label_id!r}", source=self.folder) from None
        crystal = AseAtomsAdaptor.get_structure(atoms)
        crystal.properties = {"label_id": label_id}
        return crystal

    @cached_property
    def _tensor_file(self) -> dict[str, dict[str, Any]]:
        return json.loads((self.folder / TENSORS).read_text(encoding="utf-8"))

    @cached_property
    def _structure_text(self) -> str:
        return gzip.decompress((self.folder / STRUCTURES).read_bytes()).decode()

    @cached_property
    def _frames(self) -> Frames:
        return Frames(self._structure_text, "label_id")

    @property
    def checksum(self) -> str:
        """SHA-256 of what models learn from: labels, tensors and their structures.

        Of the lines that ``sha256sum labels.csv tensors.json structures.extxyz.gz`` prints. Notes of a release and
        the candidates of its search do not count: they may be corrected or packed anew, and the models stay its models.
        """
        return hashlib.sha256(checksum_lines(self.folder, (LABELS, TENSORS, STRUCTURES)).encode()).hexdigest()

    def __len__(self) -> int:
        return len(self.table)

    @property
    def kind(self) -> str:
        """What to add to the name of the potential: empty for relaxed-ion moduli."""
        return {"soft_frozen": ", soft modes frozen", "regularised": ", soft modes regularised"}.get(self.moduli, "")

    def relaxed(self) -> ElasticData:
        """Return the same data with relaxed-ion moduli, as literature gives them."""
        return self if self.moduli == "relaxed" else replace(self, moduli="relaxed")

    def summary(self) -> pd.DataFrame:
        """Count accepted crystals by n and halide.

        Returns
        -------
        DataFrame
            Rows n (``inf`` for 3D), columns halides, entries number of crystals.
        """
        return pd.crosstab(self.table["n_layers"], self.table["halide"], margins=True)

    def __repr__(self) -> str:
        return (
            f"<ElasticData {self.version}: {len(self.table)} accepted and {len(self.rejected)} rejected crystals, "
            f"{self.groups.nunique()} spacer groups, potential {self.potential}{self.kind}>"
        )

    def _repr_html_(self) -> str:
        moduli = [key for key in MODULI if key in self.table]
        shown = ["n_layers", "phase", "stacking", "spacer_smiles", "metal", "halide", *moduli]
        return f"<p>{self!r:.200}</p>".replace("<E", "&lt;E") + self.table[shown].round(2).to_html(max_rows=12)


def load_elastic(
    root: str | Path | None = None,
    *,
    version: str | None = None,
    potential: str | None = None,
    moduli: str = "relaxed",
    minima: str = "lowest",
    verify: bool = True,
) -> ElasticData:
    """Load the elastic tensors, the bundled ones or a folder of the same schema.

    Parameters
    ----------
    root : path, optional
        Folder with ``labels.csv``, ``tensors.json`` and ``structures.extxyz.gz`` (as `perovex collect` writes it),
        or a folder of such releases. Default: the bundled data.
    version : str, optional
        Release; default the newest that is no preview (such as 1.0a1).
    potential : str, optional
        Which potential's labels; default the one with most accepted labels.
    moduli : {"relaxed", "soft_frozen", "regularised"}
        With all ions relaxed under strain, with the softest modes frozen, or with a small curvature added to modes.
    minima : {"lowest", "near", "all"}
        Labels of lowest minima, of all within 25 meV per metal of them, or of all; see `ElasticData`.
    verify : bool, default True
        Check the files against their checksums first.

    Returns
    -------
    ElasticData

    Raises
    ------
    DatasetError
        If the folder, release, potential or kind of moduli does not exist, a file is damaged, or nothing is accepted.

    Examples
    --------
    >>> data = load_elastic()
    >>> bool(data.table["E_in_plane"].min() > 0)
    True
    """
    folder, name = release_folder(Path(root) if root is not None else data_root() / "elastic", version)
    for needed in (LABELS, TENSORS, STRUCTURES):
        if not (folder / needed).is_file():
            raise DatasetError(f"{needed} is missing", remedy="see data/README.md for the layout", source=folder)
    if verify:
        verify_checksums(folder)
    try:
        table = pd.read_csv(folder / LABELS)
    except (ValueError, UnicodeDecodeError) as error:
        raise DatasetError(f"not a table of labels: {error}", source=folder / LABELS) from None
    table = with_stacking(validate_labels(table, source=folder / LABELS))
    table = with_source(with_causes(table)).set_index("label_id")
    accepted = table[table["status"] == "accepted"]
    if accepted.empty:
        raise DatasetError("no accepted label", remedy="label more crystals", source=folder)
    counts = accepted["potential"].value_counts()
    chosen = potential or str(counts.sort_index().sort_values(ascending=False, kind="stable").index[0])
    if chosen not in counts:
        raise DatasetError(
            f"no accepted label by potential {chosen!r}", remedy=f"choose one of {list(counts.index)}", source=folder
        )
    manifest_file = folder / MANIFEST
    manifest = json.loads(manifest_file.read_text(encoding="utf-8")) if manifest_file.is_file() else {}
    return ElasticData(table, chosen, name, folder, manifest, moduli=moduli, minima=minima)


def release_folder(root: Path, version: str | None = None) -> tuple[Path, str]:
    """Return the folder of a release and its version; by default the newest that is no preview."""
    if not root.is_dir():
        raise DatasetError("no such data folder", remedy="give a folder written by `perovex collect`", source=root)
    if (root / LABELS).is_file():
        return root, version or root.name
    releases = {p.name: p for p in root.iterdir() if (p / LABELS).is_file()}
    if not releases:
        raise DatasetError("the data set is empty", remedy="run `perovex label`, then `perovex collect`", source=root)
    if version is None:
        final = [name for name in releases if all(part.isdigit() for part in name.split("."))]
        version = max(final or releases, key=_version_key)
    if version not in releases:
        raise DatasetError(f"no release {version!r}", remedy=f"choose one of {sorted(releases)}", source=root)
    return releases[version], version


def _version_key(name: str) -> tuple[float, ...]:
    return tuple(float(part) if part.isdigit() else -1.0 for part in name.split("."))


def _group(row: pd.Series) -> str:
    if math.isinf(row["n_layers"]):
        return f"3D {row['cage']}"
    return flat_smiles(row["spacer_smiles"])


@lru_cache(maxsize=8192)
def flat_smiles(smiles: str) -> str:
    """Return the canonical SMILES without stereochemistry, so that enantiomers and racemates are one compound.

    Examples
    --------
    >>> flat_smiles("C[C@H]([NH3+])c1ccccc1") == flat_smiles("C[C@@H]([NH3+])c1ccccc1")
    True
    >>> flat_smiles("C[C@H]([NH3+])CC.C[C@@H]([NH3+])CC")
    'CCC(C)[NH3+]'
    """
    from rdkit import Chem

    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return smiles
    return ".".join(sorted(set(Chem.MolToSmiles(mol, isomericSmiles=False).split("."))))
