"""A study in a file: ``study.yaml`` holds every option, so that it can be repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from perovex.errors import ModelInputError

PATHS = ("structures", "table", "data", "out")
_TEXT, _WORDS = (str,), (str, list)
OPTIONS: dict[str, tuple[type, ...]] = {
    "out": _TEXT,
    "data": _TEXT,
    "potential": _TEXT,
    "moduli": _TEXT,
    "structures": _WORDS,
    "table": _TEXT,
    "target": _WORDS,
    "id": _TEXT,
    "groups": _TEXT,
    "unit": _WORDS,
    "ignore": _WORDS,
    "task": _TEXT,
    "threshold": (str, int, float),
    "algorithm": _TEXT,
    "seed": (int,),
    "quick": (bool,),
    "jobs": (int,),
    "title": _TEXT,
    "authors": _TEXT,
    "notes": _TEXT,
}
"""Options by name, as `perovex study` has them, with the types that YAML may give them."""


def read_config(path: str | Path) -> dict[str, Any]:
    """Read and check a file of options; paths in it are relative to its folder.

    Parameters
    ----------
    path : path
        YAML: a mapping of names of options (those of `perovex study`) to values.

    Returns
    -------
    dict

    Raises
    ------
    ModelInputError
        The file is missing, no mapping, or holds an unknown option or a value of the wrong type.
    """
    file = Path(path)
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelInputError("no such file", remedy="check the path of --config", source=file) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ModelInputError(f"not YAML: {' '.join(str(error).split())}", source=file) from None
    if not isinstance(content, dict):
        raise ModelInputError("not a list of options", remedy="write lines such as `target: band_gap`", source=file)
    unknown = [str(key) for key in content if key not in OPTIONS]
    if unknown:
        raise ModelInputError(
            f"unknown options {', '.join(unknown)}", remedy=f"known are {', '.join(OPTIONS)}", source=file
        )
    chosen = {key: value for key, value in content.items() if value is not None}
    for key, value in chosen.items():
        allowed = OPTIONS[key]
        right = isinstance(value, allowed) and (bool in allowed or not isinstance(value, bool))
        if isinstance(value, list):
            right = right and all(isinstance(item, str) for item in value)
        if not right:
            wanted = " or ".join(kind.__name__ for kind in allowed)
            raise ModelInputError(f"{key}: {value!r} is no {wanted}", source=file)
    return {key: _beside(value, file.parent) if key in PATHS else value for key, value in chosen.items()}


def write_config(options: dict[str, Any]) -> str:
    """Return options as YAML, in a fixed order and without those that were not given.

    Examples
    --------
    >>> print(write_config({"target": ["gap"], "quick": False, "table": None, "seed": 1}), end="")
    target: gap
    seed: 1
    """
    kept: dict[str, Any] = {}
    for key in OPTIONS:
        value = options.get(key)
        if value is None or value is False or value in ([], ()):
            continue
        several = list(value) if isinstance(value, (list, tuple)) else [value]
        plain = [item if isinstance(item, (int, float)) else str(item) for item in several]
        kept[key] = plain[0] if len(plain) == 1 else plain
    return str(yaml.safe_dump(kept, sort_keys=False, allow_unicode=True))


def _beside(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_beside(item, folder) for item in value]
    path = Path(value).expanduser()
    return str(path if path.is_absolute() else folder / path)
