"""Write files so that an interruption never leaves half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from perovex.errors import PerovexError


def make_folder(folder: Path) -> None:
    """Make a folder that files can be written in.

    Raises
    ------
    PerovexError
        If that is not possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "there is a file of that name" if isinstance(error, (FileExistsError, NotADirectoryError)) else ""
        raise PerovexError(
            f"no folder can be made here: {reason or error.strerror}", remedy="choose another path", source=folder
        ) from error
    if not os.access(folder, os.W_OK):
        raise PerovexError("no permission to write here", remedy="choose another path", source=folder)


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file, making its folder, so that a reader sees either the old or the new one.

    Raises
    ------
    PerovexError
        If the folder cannot be made or written in.
    """
    make_folder(path.parent)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)  # mkstemp makes private files
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def require_writable(path: Path) -> None:
    """Refuse a path that no file can be written at, before any work is done; nothing is made.

    Raises
    ------
    PerovexError
        If it is a folder, stands below a file, or there is no permission.
    """
    if path.is_dir():
        raise PerovexError("there is a folder of that name", remedy="name a file", source=path)
    above = path.parent
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise PerovexError(
            "no folder can be made here: there is a file of that name", remedy="choose another path", source=path
        )
    try:
        with tempfile.NamedTemporaryFile(dir=above):  # the only sure test: permissions do not tell all
            pass
    except OSError as error:
        raise PerovexError(
            f"nothing can be written here: {error.strerror}", remedy="choose another path", source=path
        ) from error
