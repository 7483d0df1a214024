"""Model folders: written at once, read only when nothing in them has changed."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex._files import sha256, write_atomic
from perovex._json import json_safe
from perovex.errors import ModelFileError
from perovex.learn.bundle.check import differing_versions, make_check, same_versions, verify
from perovex.learn.bundle.pack import TRUSTED, Parts, pack, unpack
from perovex.learn.bundle.skops_files import skops_io
from perovex.learn.provenance import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

FORMAT = "perovex-model"
FORMAT_VERSION = 3
_READ = (2, FORMAT_VERSION)
MANIFEST, ARRAYS, ESTIMATORS = "manifest.json", "arrays.npz", "estimators.skops"
_RESERVED = ("format", "format_version", "kind", "model", "files", "environment", "check", "checksum")
NOT_ASKED = ("known",)
"""Parts of a bundle that are data and answer nothing."""


def save_model(
    model: Any, folder: str | Path, *, manifest: Mapping[str, Any] | None = None, rows: pd.DataFrame | None = None
) -> Path:
    """Write a fitted model to a folder, with its answers to a few rows, which `load_model` checks.

    xgboost models are written as UBJ, numbers as a plain array archive, forests of scikit-learn by skops, everything
    else as JSON. The folder appears whole or not at all, and replaces an older model of the same
    name.

    Parameters
    ----------
    model : StiffnessClassifier, YoungModulusRegressor, ConformalRegressor or ApplicabilityDomain
        Fitted.
    folder : path
        Created. An existing folder is replaced only if it holds a model (or nothing).
    manifest : mapping, optional
        What a reader should know: descriptor units, target, training data, metrics ... JSON-safe.
    rows : DataFrame, optional
        Rows like those of training; a few of them and the answers to them are written, too. Made-up rows else.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ModelFileError
        The folder holds something else, or the model cannot be written without pickle.

    Examples
    --------
    >>> import tempfile, numpy as np, pandas as pd
    >>> from perovex.learn import YoungModulusRegressor
    >>> x = pd.DataFrame({"bridge_angle": np.linspace(140, 180, 40)})
    >>> model = YoungModulusRegressor().fit(x, 10 + 0.2 * (x["bridge_angle"] - 160))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again, manifest = load_model(save_model(model, f"{folder}/model", manifest={"unit": "GPa"}))
    >>> bool((again.predict(x) == model.predict(x)).all()), manifest["unit"]
    (True, 'GPa')
    """
    target = Path(folder)
    clash = [key for key in (manifest or {}) if key in _RESERVED]
    if clash:
        raise ModelFileError(f"manifest entries with reserved names: {', '.join(clash)}")
    parts = Parts()
    tree = pack(model, parts)
    refuse_foreign(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        scratch.chmod(0o755)
        _write_parts(parts, scratch)
        content = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "kind": "ModelBundle" if isinstance(model, dict) else type(model).__name__,
            **json_safe(dict(manifest or {})),
            "environment": environment(),
            "check": make_check(_asked(model), rows),
            "files": {path.name: f"sha256:{sha256(path)}" for path in sorted(scratch.iterdir())},
            "model": tree,
        }
        content["checksum"] = _own_checksum(content)
        (scratch / MANIFEST).write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        _replace(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _asked(model: Any) -> Any:
    """Return what of a model answers to rows."""
    if not isinstance(model, dict):
        return model
    return {name: part for name, part in model.items() if name not in NOT_ASKED}


def _write_parts(parts: Parts, folder: Path) -> None:
    for name, raw in parts.boosters.items():
        (folder / name).write_bytes(raw)
    if parts.arrays:
        np.savez_compressed(folder / ARRAYS, **parts.arrays)  # type: ignore[arg-type]
    if parts.estimators:
        skops_io().dump(parts.estimators, folder / ESTIMATORS, compression=zipfile.ZIP_DEFLATED)


def refuse_foreign(folder: Path) -> None:
    """Raise `ModelFileError` where a model cannot be written: on a file, or into what is no model.

    Parameters
    ----------
    folder : Path
        It need not exist.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ModelFileError("a file stands where the model folder should be", source=folder)
    if any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise ModelFileError(
            "the folder holds something that is no model",
            remedy="choose an empty or new folder",
            source=folder,
        )


def _replace(scratch: Path, target: Path) -> None:
    """Put `scratch` in the place of `target`; the old folder is removed last."""
    if not target.exists():
        scratch.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
    target.rename(old / target.name)
    try:
        scratch.rename(target)
    except OSError:
        (old / target.name).rename(target)
        raise
    else:
        _bring_back_others(old / target.name, target)
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _bring_back_others(old: Path, target: Path) -> None:
    """Move files that the old manifest does not name, and that are therefore somebody else's, to the new folder."""
    try:
        named = set(json.loads((old / MANIFEST).read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        named = set()
    for item in old.iterdir():
        if item.name not in named and item.name != MANIFEST and not (target / item.name).exists():
            item.rename(target / item.name)


def _own_checksum(content: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in content.items() if key != "checksum"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """Read and check the manifest of a model folder, and that its files are unchanged.

    The checksums find damage and careless edits; they are no signature. What a folder can make this program
    do is limited by what is read: numbers, JSON, xgboost models, and scikit-learn types of an explicit list.

    Parameters
    ----------
    folder : path
        Written by `save_model`.

    Returns
    -------
    dict

    Raises
    ------
    ModelFileError
        Missing, foreign, truncated or changed.
    """
    source = Path(folder)
    path = source / MANIFEST
    if not path.is_file():
        raise ModelFileError(
            "no model here: manifest.json is missing", remedy="give a folder models/ of `perovex study`", source=source
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ModelFileError(f"manifest.json cannot be read: {error}", source=source) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelFileError("manifest.json is not that of a perovex model", source=source)
    if content.get("format_version") not in _READ:
        known = " and ".join(map(str, _READ))
        raise ModelFileError(
            f"format version {content.get('format_version')}, this perovex reads {known}",
            remedy="use the perovex version named in the manifest, or train the model again",
            source=source,
        )
    try:
        intact = content.get("checksum") == _own_checksum(content)
    except ValueError:  # a changed digit made a number infinite, which no manifest holds
        intact = False
    if not intact:
        raise ModelFileError("manifest.json was changed after it was written", source=source)
    for name, expected in content["files"].items():
        part = source / name
        if Path(name).name != name or not part.is_file():
            raise ModelFileError(f"{name} is missing", source=source)
        if f"sha256:{sha256(part)}" != expected:
            raise ModelFileError(f"{name} was changed or truncated after it was written", source=source)
    return content


def annotate_model(folder: str | Path, **entries: Any) -> None:
    """Add to the manifest of a model folder what was measured with these models after they were written.

    Parameters
    ----------
    folder : path
        Written by `save_model`.
    **entries
        JSON-safe; an entry of the same name is replaced.

    Raises
    ------
    ModelFileError
        The folder is missing, foreign, truncated or changed, or a name is reserved.
    """
    source = Path(folder)
    clash = [key for key in entries if key in _RESERVED]
    if clash:
        raise ModelFileError(f"manifest entries with reserved names: {', '.join(clash)}")
    content = read_manifest(source)
    kept = {key: value for key, value in content.items() if key not in ("model", "checksum")}
    content = kept | json_safe(entries) | {"model": content["model"]}
    content["checksum"] = _own_checksum(content)
    write_atomic(source / MANIFEST, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())


def load_model(folder: str | Path) -> tuple[Any, dict[str, Any]]:
    """Read a model and its manifest.

    Parameters
    ----------
    folder : path
        Written by `save_model`.

    Returns
    -------
    model, manifest : object, dict

    Raises
    ------
    ModelFileError
        The folder is missing, foreign, truncated, changed, or holds types that are not trusted; or the model does
        not give the answers that were written with it, as packages of other versions can make it do.
    """
    source = Path(folder)
    content = read_manifest(source)
    try:
        model = unpack(content["model"], _read_parts(source, content["files"]))
        verify(_asked(model), content["check"], content["environment"])
    except ModelFileError as error:
        raise error.at(source) from error.__cause__
    except Exception as error:  # whatever a damaged part, or one of another version, makes a reader raise
        raise ModelFileError(
            f"the model cannot be rebuilt: {error}{differing_versions(content['environment'])}",
            remedy=same_versions(content["environment"]),
            source=source,
        ) from error
    return model, content


def _read_parts(source: Path, files: Mapping[str, str]) -> Parts:
    parts = Parts()
    for name in files:
        raw = (source / name).read_bytes()
        if name == ARRAYS:
            with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
                parts.arrays = {key: archive[key] for key in archive.files}
        elif name == ESTIMATORS:
            parts.estimators = _read_skops(raw)
        else:
            parts.boosters[name] = raw
    return parts


def _read_skops(raw: bytes) -> dict[str, Any]:
    skops = skops_io()
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        content = skops.loads(raw, trusted=list(TRUSTED))  # looks at the types before it makes anything of them
    except UntrustedTypesFoundException as error:
        unknown = sorted(set(skops.get_untrusted_types(data=raw)) - set(TRUSTED))
        raise ModelFileError(
            f"types that are not trusted: {', '.join(unknown)}", remedy="train the model again"
        ) from error
    return dict(content)
