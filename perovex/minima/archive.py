"""A search in two small files, so that it travels with the data and another machine goes on from it."""

from __future__ import annotations

import gzip
import io
import json
import lzma
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from perovex._extxyz import Frames
from perovex._files import write_atomic
from perovex.errors import SearchError
from perovex.minima.campaign import CANDIDATES
from perovex.minima.candidate import Outcome, OutcomeStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ase import Atoms

RECORDS: Final = "candidates.jsonl.gz"
CRYSTALS: Final = "candidates.extxyz.xz"
CRYSTALS_TO_1_6: Final = "candidates.extxyz.gz"  # in releases up to 1.6; xz takes three quarters of it
#: Of coordinates in Å: a coarse relaxation does not know more, and noise does not compress.
DECIMALS: Final = 6


def pack_search(search: str | Path, folder: str | Path) -> int:
    """Write all candidates of a search into two files.

    Parameters
    ----------
    search : path
        Folder of `search_minima`.
    folder : path
        Where ``candidates.jsonl.gz`` and ``candidates.extxyz.xz`` are written.

    Returns
    -------
    int
        Candidates written.
    """
    import ase.io

    outcomes = OutcomeStore(Path(search) / CANDIDATES).all()
    lines, crystals = [], io.StringIO()
    for outcome in outcomes:
        lines.append(json.dumps(outcome.record, allow_nan=False, sort_keys=True))
        if outcome.atoms is not None:
            atoms = outcome.atoms.copy()
            atoms.info = {"candidate": outcome.id}
            atoms.positions = atoms.positions.round(DECIMALS)
            ase.io.write(crystals, atoms, format="extxyz")
    # mtime 0: the same candidates give the same bytes; xz knows no time.
    write_atomic(Path(folder) / RECORDS, gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))
    write_atomic(Path(folder) / CRYSTALS, lzma.compress(crystals.getvalue().encode(), preset=lzma.PRESET_EXTREME | 9))
    return len(outcomes)


def unpack_search(folder: str | Path, search: str | Path) -> int:
    """Add the candidates of a packed search to the folder of a search; those that are there already stay.

    Parameters
    ----------
    folder : path
        With the two files of `pack_search`, such as a data release.
    search : path
        Folder for `search_minima`, new or not.

    Returns
    -------
    int
        Candidates added.

    Raises
    ------
    SearchError
        If the files are missing or broken.
    """
    records, crystals = read_packed(Path(folder))
    store = OutcomeStore(Path(search) / CANDIDATES)
    fresh = [record for record in records if record["id"] not in store]
    for record in fresh:
        store.add(Outcome(record, crystals.get(record["id"])))
    return len(fresh)


def read_packed(folder: Path, wanted: Iterable[str] | None = None) -> tuple[list[dict[str, Any]], dict[str, Atoms]]:
    """Read a packed search.

    Parameters
    ----------
    folder : Path
        Of a data release.
    wanted : iterable of str, optional
        Candidates whose crystals are wanted; default all.

    Returns
    -------
    records : list of dict
        One for each candidate, as `perovex minima` writes them.
    crystals : dict of str to Atoms
        Relaxed candidates by their id.

    Raises
    ------
    SearchError
        If there is none.
    """
    try:
        lines = gzip.decompress((folder / RECORDS).read_bytes()).decode().splitlines()
        records = [json.loads(line) for line in lines if line]
        frames = Frames(_read_crystals(folder), "candidate")
        crystals = {name: frames[name] for name in (frames if wanted is None else wanted)}
    except (OSError, EOFError, ValueError, KeyError, lzma.LZMAError) as error:
        raise SearchError(
            f"no packed search: {error}", remedy=f"it holds {RECORDS} and {CRYSTALS}", source=folder
        ) from error
    for atoms in crystals.values():
        del atoms.info["candidate"]
    return records, crystals


def _read_crystals(folder: Path) -> str:
    packed, old = folder / CRYSTALS, folder / CRYSTALS_TO_1_6
    if old.is_file() and not packed.is_file():
        return gzip.decompress(old.read_bytes()).decode()
    return lzma.decompress(packed.read_bytes()).decode()
