"""Files of the label engine, each written atomically: records, crystals, checkpoints; and the lock."""

from __future__ import annotations

import json
import platform
import tempfile
from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex._extras import install_command
from perovex._files import write_atomic
from perovex.errors import LabelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

PACKAGES = ("perovex", "sevenn", "torch", "dftd3", "ase", "numpy", "scipy", "numba")


def package_versions() -> dict[str, str]:
    """Versions of the packages that decide a label, of those installed."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write a record as one line of JSON."""
    write_atomic(path, (json.dumps(record, allow_nan=False) + "\n").encode())


def read_record(path: Path) -> dict[str, Any]:
    """Read a record.

    Raises
    ------
    LabelError
        The file is missing or is not a record.
    """
    try:
        record = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise LabelError(f"not a label record: {error}", source=path) from error
    if not isinstance(record, dict) or "status" not in record:
        raise LabelError("not a label record: no key 'status'", source=path)
    return record


class Checkpoint:
    """State of a label in work: named arrays and a JSON-able dictionary in one ``.npz``.

    Parameters
    ----------
    path : Path
        File to write; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, info: Mapping[str, Any], arrays: Mapping[str, NDArray[np.float64]]) -> None:
        """Replace the checkpoint."""
        with tempfile.SpooledTemporaryFile(max_size=1 << 28) as buffer:
            stored: dict[str, Any] = {"info": np.frombuffer(json.dumps(info).encode(), np.uint8), **arrays}
            np.savez(buffer, **stored)
            buffer.seek(0)
            write_atomic(self.path, buffer.read())

    def load(self) -> tuple[dict[str, Any], dict[str, NDArray[np.float64]]] | None:
        """Last checkpoint, or None if there is none."""
        if not self.path.exists():
            return None
        try:
            with np.load(self.path, allow_pickle=False) as stored:
                arrays = {k: stored[k] for k in stored.files if k != "info"}
                return json.loads(stored["info"].tobytes()), arrays
        except (OSError, ValueError, KeyError) as error:
            raise LabelError(f"broken checkpoint: {error}", remedy="delete it", source=self.path) from error

    def remove(self) -> None:
        """Delete the checkpoint."""
        self.path.unlink(missing_ok=True)


@contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Claim a crystal for this process; gives False if another process works on it.

    The lock is the operating system's and ends with its process, however that dies.
    """
    try:
        from filelock import FileLock, Timeout
    except ImportError as error:
        raise LabelError("filelock is not installed", remedy=install_command("labels")) from error
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
