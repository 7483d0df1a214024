"""Where the data and models lie that come with the package; asked by packages that need nothing else of the data."""

from __future__ import annotations

from pathlib import Path

from perovex.errors import DatasetError


def data_root() -> Path:
    """Return the folder of the bundled data.

    Returns
    -------
    Path
        ``perovex/_data`` of an installed package, or ``data/`` beside the package in a source checkout.

    Raises
    ------
    DatasetError
        If neither is there.

    Examples
    --------
    >>> (data_root() / "elastic").is_dir()
    True
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "_data", package.parent / "data"):
        if (candidate / "elastic").is_dir():
            return candidate
    raise DatasetError(
        "the bundled data are missing", remedy="reinstall perovex, or pass the data folder", source=package
    )
