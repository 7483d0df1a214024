"""Known crystals of a spacer, lowest minima first: what a compound without a structure is best made from."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex._bundled import data_root
from perovex.building.exchange import MOST_DIFFERENT, shape_difference
from perovex.crystal import LayeredPerovskite, perceive
from perovex.datasets.elastic import flat_smiles, load_elastic, release_folder
from perovex.errors import PerovexError
from perovex.minima.archive import RECORDS, read_packed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymatgen.core import Structure


def known_crystals(spacer: str) -> tuple[LayeredPerovskite, ...]:
    """Return the known relaxed crystals of a spacer.

    Lowest minima of the searches that come with the package stand before the crystals of the bundled release; those
    that carry a label are the released ones.

    Parameters
    ----------
    spacer : str
        SMILES of one cation, stereo marks ignored.

    Returns
    -------
    tuple of LayeredPerovskite
        Their `source` is the name of the minimum or crystal; empty where the spacer is unknown.

    Examples
    --------
    >>> sorted({crystal.halides for crystal in known_crystals("CCCC[NH3+]")})
    [('Br',), ('Cl',), ('I',)]
    >>> known_crystals("CCCCCCCCCCCCCCCC[NH3+]")
    ()
    """
    return _of_spacer(flat_smiles(spacer))


def like_crystals(
    spacer: str, metal: str, halide: str, n: int = 1, cage: str | None = None
) -> Iterator[LayeredPerovskite]:
    """Give the lowest known crystal of one compound of each other spacer, the most alike spacers first.

    Parameters
    ----------
    spacer : str
        SMILES of one cation.
    metal, halide, n, cage
        As for `perovex.building.nearest_known`; of each spacer the crystal with this halide is taken if there is one.

    Yields
    ------
    LayeredPerovskite
        Of spacers with as many ammonium groups that differ by no more than `perovex.building.exchange.MOST_DIFFERENT`
        CH2 groups.

    Raises
    ------
    SmilesError
        If the SMILES cannot be read.

    Examples
    --------
    >>> nearest = next(like_crystals("CCCCCCC[NH3+]", "Pb", "I"))
    >>> nearest.metals, nearest.halides
    (('Pb',), ('I',))
    """
    folder = _searched_folder()
    own = flat_smiles(spacer)
    known = {} if folder is None else _lowest(folder)
    unlike = {other: shape_difference(own, other) for other in known if other != own and "." not in other}
    for other in sorted((one for one in unlike if unlike[one] <= MOST_DIFFERENT), key=lambda one: (unlike[one], one)):
        wanted = [
            record
            for record in known[other]
            if (record["compound"]["metals"], record["compound"]["n_layers"]) == (metal, n)
            and "." not in record["compound"]["halides"]
            and not record["compound"]["guests"]
            and (cage is None or record["compound"]["cages"] == cage)
        ]
        wanted.sort(key=lambda record: record["compound"]["halides"] != halide)
        names = [_name(record) for record in wanted[:1]]
        yield from (crystal for crystal in known_crystals(other) if crystal.source in names)


def origin_of(name: str) -> str:
    """Return where a known crystal comes from.

    Parameters
    ----------
    name : str
        Name of a crystal as `known_crystals` gives it in ``source``.

    Returns
    -------
    str
        As the records say; empty for any other name.
    """
    return _origins().get(name, "")


@lru_cache(maxsize=1)
def _origins() -> dict[str, str]:
    released = _release().table["origin"]
    origins = {str(name): str(origin) for name, origin in released.items()}
    folder = _searched_folder()
    for records in {} if folder is None else _lowest(folder).values():
        origins |= {_name(record): str(record["origin"]) for record in records}
    return origins


@lru_cache(maxsize=256)
def _of_spacer(flat: str) -> tuple[LayeredPerovskite, ...]:
    released = dict(_released(flat))
    minima = [(name, released.pop(name, structure)) for name, structure in _minima(flat)]
    crystals = []
    for name, structure in (*minima, *released.items()):
        try:
            crystals.append(perceive(structure, source=name))
        except PerovexError:
            continue
    return tuple(crystals)


def _minima(flat: str) -> list[tuple[str, Structure]]:
    """Lowest minimum of each compound of a spacer in the packed search of the newest folder that has one."""
    from pymatgen.io.ase import AseAtomsAdaptor

    folder = _searched_folder()
    if folder is None:
        return []
    lowest = _lowest(folder).get(flat, [])
    _, crystals = read_packed(folder, [record["id"] for record in lowest])
    return [(_name(record), AseAtomsAdaptor.get_structure(crystals[record["id"]])) for record in lowest]


@lru_cache(maxsize=1)
def _lowest(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Record of the lowest minimum of each compound, by spacer."""
    records, _ = read_packed(folder, ())
    lowest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in records:
        if record["status"] != "minimum":
            continue
        compound = tuple(sorted(record["compound"].items()))
        best = lowest.get(compound)
        if best is None or record["energy_per_metal_eV"] < best["energy_per_metal_eV"]:
            lowest[compound] = record
    by_spacer: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in lowest.values():
        by_spacer[flat_smiles(record["compound"]["spacers"])].append(record)
    return by_spacer


def _name(record: dict[str, Any]) -> str:
    """Name of the crystal that a candidate is: one that was given keeps its own."""
    return str(record["parent"] if record["strategy"] == "given" else record["id"])


def _searched_folder() -> Path | None:
    """Return the release that is loaded by default, if it packs a search; previews count only where they are named."""
    folder, _ = release_folder(data_root() / "elastic")
    return folder if (folder / RECORDS).is_file() else None


def _released(flat: str) -> list[tuple[str, Structure]]:
    """Layered crystals of the bundled release."""
    data = _release()
    layered = data.table[np.isfinite(data.table["n_layers"])]
    own = layered.loc[layered["spacer_smiles"].map(flat_smiles) == flat, "label_id"]
    return [(str(name), data.structure(label)) for name, label in own.items()]


@lru_cache(maxsize=1)
def _release() -> Any:
    return load_elastic()
