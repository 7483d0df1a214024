"""Write files so that nothing is lost: no half of one, no folder or link replaced, nothing overwritten unasked.

And tell them apart by their checksums.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from perovex.errors import PerovexError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

_ELSEWHERE = "choose another path"


def make_folder(folder: Path) -> None:
    """Make a folder that files can be written in.

    Raises
    ------
    PerovexError
        If that is not possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # permissions alone say too little: root, read-only mounts, /proc
            pass
    except (OSError, ValueError) as error:
        raise _no_folder(folder, error) from error


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be made or written in; nothing of what that takes is left behind.

    Raises
    ------
    PerovexError
        As `make_folder`.
    """
    try:
        missing = [item for item in (folder, *folder.parents) if not item.exists()]
    except (OSError, ValueError) as error:
        raise _no_folder(folder, error) from error
    try:
        make_folder(folder)
    finally:
        for item in missing:  # the innermost first
            if item.is_dir():
                item.rmdir()


def check_output(
    path: Path,
    *,
    suffixes: Collection[str] = (),
    force: bool = False,
    ours: Callable[[Path], bool] = lambda _: False,
    remedy: str = "choose another name",
) -> None:
    """Refuse a file that cannot or must not be written, before any work is done.

    Parameters
    ----------
    path : path
        Where `write_atomic` shall write.
    suffixes : collection of str, optional
        Endings that are known, such as ``.csv``.
    force : bool, default False
        Whether an existing file may be replaced whatever it holds.
    ours : callable, optional
        Tells of an existing file whether it is an earlier result of the same kind, which may be replaced. By default
        none is. An empty file has nothing to lose.
    remedy : str
        What to do about a file that exists.

    Raises
    ------
    PerovexError
        If the ending is unknown, a folder or a foreign file is in the way, or the folder cannot be written in.
    """
    if suffixes and path.suffix not in suffixes:
        kind = path.suffix or "a file without suffix"
        raise PerovexError(f"cannot write {kind}", remedy=f"use {_or(suffixes)}", source=path)
    target = _followed(path)
    try:
        if target.is_dir():
            raise PerovexError("this is a folder, and a file is to be written", remedy=_ELSEWHERE, source=path)
        if _is_special(target):  # a device or pipe takes what it is given
            return
        if target.exists():
            if not os.access(target, os.W_OK):
                raise PerovexError("this file is write-protected", remedy=_ELSEWHERE, source=path)
            if not force and target.stat().st_size and not _is_ours(target, ours):
                raise PerovexError(
                    "this file exists and is no earlier result of the same command", remedy=remedy, source=path
                )
    except (OSError, ValueError) as error:
        raise _no_folder(path, error) from error
    check_folder(target.parent)


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file, making its folder, so that a reader sees either the old or the new one.

    A symbolic link is followed: what it points to is written, and the link stays.

    Raises
    ------
    PerovexError
        If a folder is in the way, or the file's own cannot be made or written in.
    """
    path = _followed(path)
    make_folder(path.parent)
    if path.is_dir():
        raise PerovexError("this is a folder, and a file is to be written", remedy=_ELSEWHERE, source=path)
    if _is_special(path):
        path.write_bytes(content)
        return
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    except OSError as error:
        raise _no_folder(path.parent, error) from error
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        Path(temporary).chmod(_mode(path))  # mkstemp makes private files
        Path(temporary).replace(path)
    except OSError as error:
        raise PerovexError(f"cannot be written: {error.strerror}", remedy=_ELSEWHERE, source=path) from error
    finally:
        Path(temporary).unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _mode(path: Path) -> int:
    """Permissions of the file that is replaced, or those that a new one gets."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _followed(path: Path) -> Path:
    """Return what a symbolic link points to, whether or not that exists; other paths as they are."""
    try:
        if not path.is_symlink():
            return path
        target = Path(os.path.realpath(path))
        if target.is_symlink():  # realpath gives up on a loop
            raise PerovexError("a loop of symbolic links", remedy=_ELSEWHERE, source=path)
    except (OSError, ValueError) as error:
        raise _no_folder(path, error) from error
    return target


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _is_ours(path: Path, ours: Callable[[Path], bool]) -> bool:
    try:
        return ours(path)
    except Exception:  # noqa: BLE001  whatever a reader makes of a foreign file: it is not ours
        return False


def _no_folder(path: Path, error: Exception) -> PerovexError:
    if isinstance(error, FileExistsError | NotADirectoryError):
        reason = "there is a file of that name"
    else:
        reason = getattr(error, "strerror", None) or str(error)
    return PerovexError(f"nothing can be written here: {reason}", remedy=_ELSEWHERE, source=path)


def _or(words: Collection[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
