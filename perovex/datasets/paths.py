"""Small helpers to read and write folders of data safely, by checksums."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from perovex._files import write_atomic
from perovex.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

CHECKSUMS = "CHECKSUMS.sha256"


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        for block in iter(lambda: handle.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def write_checksums(folder: Path) -> None:
    """Write ``CHECKSUMS.sha256`` over every other file of a folder."""
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and p.name != CHECKSUMS and p.name[0] != ".")
    lines = [f"{sha256(folder / name)}  {name}\n" for name in names]
    write_atomic(folder / CHECKSUMS, "".join(lines).encode())


def verify_checksums(folder: Path) -> None:
    """Check a data folder against its ``CHECKSUMS.sha256``.

    Raises
    ------
    DatasetError
        If the list or a file is missing or a file differs.
    """
    listing = folder / CHECKSUMS
    if not listing.is_file():
        raise DatasetError(f"{CHECKSUMS} is missing", remedy="write the folder with `perovex collect`", source=folder)
    for line in listing.read_text(encoding="utf-8").splitlines():
        expected, _, name = line.partition("  ")
        target = folder / name
        if not target.is_file():
            raise DatasetError("file is missing", remedy="restore the data folder", source=target)
        if sha256(target) != expected:
            raise DatasetError(
                "file differs from its checksum",
                remedy="restore it, or run `perovex collect` again if the change is meant",
                source=target,
            )
