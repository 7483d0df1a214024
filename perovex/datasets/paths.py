"""Checksums of a folder of data: write them, and check the folder against them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perovex._files import sha256, write_atomic
from perovex.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CHECKSUMS = "CHECKSUMS.sha256"


def write_checksums(folder: Path) -> None:
    """Write ``CHECKSUMS.sha256`` over every other file of a folder."""
    names = sorted(p.name for p in folder.iterdir() if p.is_file() and p.name != CHECKSUMS and p.name[0] != ".")
    write_atomic(folder / CHECKSUMS, checksum_lines(folder, names).encode())


def checksum_lines(folder: Path, names: Iterable[str]) -> str:
    """Return the lines of ``CHECKSUMS.sha256`` for files of a folder, computed anew."""
    return "".join(f"{sha256(folder / name)}  {name}\n" for name in names)


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
