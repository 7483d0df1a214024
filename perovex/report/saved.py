"""The report of a finished study as it is kept beside the page, so that it can be rendered anew without its models."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any, Final

from perovex import __version__
from perovex._files import write_atomic
from perovex._json import json_safe
from perovex.errors import DatasetError
from perovex.report.document import Document

#: File in the folder of a study.
SAVED: Final = "report.json.gz"
_AGAIN = "run the study again, `perovex study --config {config} --out {folder}`"


def save_report(document: Document, folder: Path) -> None:
    """Keep a report in the folder of its study.

    Parameters
    ----------
    document : Document
    folder : path
    """
    content = {"perovex": __version__, "document": json_safe(document.to_dict())}
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    write_atomic(folder / SAVED, gzip.compress(text.encode(), mtime=0))  # the same report is the same file


def read_report(folder: str | Path) -> Document:
    """Read the report of a finished study.

    Parameters
    ----------
    folder : path
        As `perovex.run_study` wrote it.

    Returns
    -------
    Document

    Raises
    ------
    DatasetError
        There is no finished study, its file is damaged, or another version of perovex wrote it.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> save_report(Document("Stiffness"), folder)
    >>> read_report(folder).title
    'Stiffness'
    """
    study = Path(folder)
    content = _read(study)
    writer = content.get("perovex")
    if writer != __version__:
        raise DatasetError(
            f"the study was written by perovex {writer}, this is {__version__}: its report cannot be rendered here",
            remedy=f"{_again(study)}, or install perovex {writer}",
            source=study,
        )
    try:
        return Document.from_dict(content["document"])
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError("its report is damaged", remedy=_again(study), source=study / SAVED) from error


def render_report(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    title: str | None = None,
    authors: str | None = None,
    notes: str | None = None,
) -> Document:
    """Render the report of a finished study anew, without fitting anything.

    Parameters
    ----------
    folder : path
        As `perovex.run_study` wrote it.
    out : path, optional
        Page to write; nothing is written without it.
    title, authors, notes : str, optional
        For the head of the report; what is not given stays as it was. Empty authors or notes are left out.

    Returns
    -------
    Document

    Raises
    ------
    DatasetError
        There is no finished study, its file is damaged, or another version of perovex wrote it.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> save_report(Document("Stiffness"), folder)
    >>> render_report(folder, authors="A. Uthor").authors
    'A. Uthor'
    """
    document = read_report(folder)
    document.title = title or document.title
    document.authors = document.authors if authors is None else authors
    document.notes = document.notes if notes is None else notes
    if out is not None:
        document.write(Path(out))
    return document


def _read(study: Path) -> dict[str, Any]:
    path = study / SAVED
    if not path.is_file() and (study / "report.html").is_file() and (study / "study.yaml").is_file():
        raise DatasetError("a study of an earlier version, which kept no report", remedy=_again(study), source=study)
    if not path.is_file():
        raise DatasetError(
            "no finished study",
            remedy="give a folder that `perovex study --out` wrote; an interrupted one goes on when that is run again",
            source=study,
        )
    try:
        content = json.loads(gzip.decompress(path.read_bytes()))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DatasetError("its report is damaged", remedy=_again(study), source=path) from error
    return content if isinstance(content, dict) else {}


def _again(study: Path) -> str:
    return _AGAIN.format(config=study / "study.yaml", folder=study)
