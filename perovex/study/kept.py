"""Finished steps on disk, so that a study that was killed goes on where it was.

What is kept are Python objects, which must not be read from a stranger: every file carries a code made with a secret of
the user's own account, and one without it is taken for absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import pickle
import secrets
import shutil
from pathlib import Path
from typing import Any

from perovex._files import make_folder, write_atomic

FOLDER = ".unfinished"
_CODE = hashlib.sha256().digest_size


class Kept:
    """Results of steps in ``OUT/.unfinished``.

    Parameters
    ----------
    out : path or None
        Folder of the study; nothing is kept without one.
    key : str
        Checksum of data, options and software: what was made with others is thrown away.
    """

    def __init__(self, out: Path | None, key: str) -> None:
        self.folder = None if out is None else out / FOLDER
        self.key = key
        if self.folder is not None and self.folder.is_dir() and not (self.folder / key[:16]).is_dir():
            self.remove()
        if self.folder is not None:
            make_folder(self.folder / key[:16])

    def load(self, name: str) -> Any:
        """Return what a step found, or None where it was not finished."""
        if self.folder is None:
            return None
        try:
            content = self._path(name).read_bytes()
        except OSError:
            return None
        code, body = content[:_CODE], content[_CODE:]
        if not hmac.compare_digest(code, self._sign(name, body)):
            return None
        try:
            return pickle.loads(body)  # noqa: S301 - signed by this very user, see above
        except Exception:  # noqa: BLE001 - whatever another version of a library makes of it: do the step again
            return None

    def save(self, name: str, result: Any) -> None:
        """Keep what a step found."""
        if self.folder is not None:
            body = pickle.dumps(result)
            write_atomic(self._path(name), self._sign(name, body) + body)

    def remove(self) -> None:
        """Delete what is kept: the study is done."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        safe = "".join(c if c.isalnum() else "-" for c in name)
        return self.folder / self.key[:16] / f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    def _sign(self, name: str, body: bytes) -> bytes:
        message = b"\0".join([self.key.encode(), name.encode(), body])
        return hmac.digest(_secret(), message, "sha256")


def _secret() -> bytes:
    """Return the secret of this account, made when first needed and readable by it alone."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base) / "perovex" / "study.key"
    with contextlib.suppress(OSError):
        if path.stat().st_mode & 0o077 == 0:
            return path.read_bytes()
    made = secrets.token_bytes(32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as handle:  # noqa: PTH123
            handle.write(made)
        return path.read_bytes()
    except OSError:  # no home to write to: good for this run only, which then cannot be gone on with
        return _of_this_run(made)


_RUN: list[bytes] = []


def _of_this_run(made: bytes) -> bytes:
    if not _RUN:
        _RUN.append(made)
    return _RUN[0]
