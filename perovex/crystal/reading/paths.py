"""From what a user types (files, directories, globs) to a list of structure files."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import TYPE_CHECKING

from perovex.errors import StructureFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PathLike = str | os.PathLike[str]
#: Endings and names by which structure files are known; each may end in ``.gz`` as well.
SUFFIXES = (".cif", ".mcif", ".vasp", ".poscar", ".contcar", ".xdatcar", ".extxyz", ".xyz")
NAMES = ("POSCAR", "CONTCAR", "XDATCAR")
_MOST_FILES = 100_000  # below a folder; with more, somebody named the wrong one
#: Folders that archives and notebooks leave beside the files of people.
_SHADOWS = ("__MACOSX", ".ipynb_checkpoints", ".git")


def stripped_name(path: PathLike) -> str:
    """File name without a final ``.gz``."""
    name = Path(path).name
    return name[:-3] if name.lower().endswith(".gz") else name


def split_selector(path: PathLike) -> tuple[Path, str | None]:
    """Split ``FILE@WHICH`` into the file and which of its crystals is meant.

    Parameters
    ----------
    path : path
        WHICH is the number of a frame of an xyz file or XDATCAR (0 is the first, -1 the last) or the name of a data
        block of a CIF. A file whose own name holds an ``@`` is left alone.

    Returns
    -------
    file : Path
    which : str or None
        None where nothing is selected.

    Examples
    --------
    >>> split_selector("run.extxyz@3")[1], split_selector("run.extxyz")[1]
    ('3', None)
    """
    path = Path(path)
    stem, at, which = path.name.rpartition("@")
    if not at or not stem or not which or os.path.exists(path):  # noqa: PTH110  Path.exists raises on long names
        return path, None
    return path.parent / stem, which


def is_structure_file(path: PathLike) -> bool:
    """Tell by its name whether a file is a structure file.

    Parameters
    ----------
    path : str or Path
        Name of a file, with or without folder and compression suffix.

    Returns
    -------
    bool

    Examples
    --------
    Files that begin with ``._`` are none: archives made on a Mac keep its attributes in them.

    >>> [is_structure_file(p) for p in ("a.cif", "b/CONTCAR", "POSCAR_relaxed.gz", "notes.txt", "._a.cif")]
    [True, True, True, False, False]
    """
    name = stripped_name(path)
    if name.startswith("._"):
        return False
    return name.lower().endswith(SUFFIXES) or name.upper().startswith(NAMES)


def expand_paths(items: PathLike | Iterable[PathLike], *, keep_missing: bool = False) -> list[Path]:
    """Return the structure files that files, directories and glob patterns stand for.

    Parameters
    ----------
    items : path or iterable of paths
        A file is taken as it is (with ``@WHICH``, see `split_selector`), a directory stands for the structure files
        below it (``__MACOSX`` and ``._*`` of archives left out), a pattern (``data/*.cif``, ``**`` included) for those
        that match.
    keep_missing : bool
        Keep what is missing or empty as it was given, so that among others it costs one row of a table like any
        other bad file.

    Returns
    -------
    list of Path
        In the order given, each directory and pattern sorted by name; no file twice.

    Raises
    ------
    StructureFileError
        A file or directory is missing, or a directory or pattern holds no structure file; not with `keep_missing`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for name in ("b.cif", "a.vasp", "notes.txt"):
    ...     _ = (folder / name).write_text("")
    >>> [path.name for path in expand_paths(folder)]
    ['a.vasp', 'b.cif']
    """
    given = [items] if isinstance(items, str | os.PathLike) else list(items)
    paths: dict[Path, None] = {}
    for item in given:
        try:
            paths.update(dict.fromkeys(_expand(item)))
        except StructureFileError:
            if not keep_missing:
                raise
            paths[Path(item)] = None
    return list(paths)


def _expand(item: PathLike) -> list[Path]:
    path = Path(item).expanduser()
    try:
        if split_selector(path)[0].is_file():
            return [path]
        if path.is_dir():
            inside = sorted(p for p in _files_below(path) if is_structure_file(p))
            if not inside:
                raise StructureFileError("no structure file in this directory", source=path, remedy=_KNOWN)
            return inside
        if glob.has_magic(str(item)):
            matched = (Path(p) for p in glob.glob(str(path), recursive=True))  # noqa: PTH207  absolute patterns
            files = sorted(p for p in matched if p.is_file() and is_structure_file(p))
            if not files:
                raise StructureFileError("no structure file matches this pattern", source=item, remedy=_KNOWN)
            return files
    except (OSError, ValueError) as error:
        raise StructureFileError(f"not a usable path ({error})", source=item) from error
    raise StructureFileError("no such file or directory", source=item, remedy="check the path")


def _files_below(folder: Path) -> Iterator[Path]:
    """Files of a folder and of those in it, unless that is the file system or looks like it."""
    if folder.resolve().parent == folder.resolve():
        raise StructureFileError("this is the whole file system", remedy="name a folder of crystals", source=folder)
    n_files = 0
    for above, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _SHADOWS]
        n_files += len(names)
        if n_files > _MOST_FILES:
            raise StructureFileError(
                f"more than {_MOST_FILES} files below this folder", remedy="name the folder of crystals", source=folder
            )
        yield from (Path(above, name) for name in names if Path(above, name).is_file())


_KNOWN = "known are CIF, POSCAR/CONTCAR/.vasp, XDATCAR and (ext)xyz, plain or gzipped"
