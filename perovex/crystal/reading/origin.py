"""A mark in structure files that says how a crystal was made, so that a built one is known as such when it is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What of `Structure.properties` is kept in a file, and read back.
KEPT: Final = ("build", "relaxation")
_MARK: Final = re.compile(r"perovex-(build|relaxation):([\w.:;%+\-]+)")


def origin_marks(properties: Mapping[str, Any]) -> str:
    """Write how a crystal was made as words without spaces or quotes, fit for a comment in any format.

    Parameters
    ----------
    properties : mapping
        Of a structure that was built.

    Returns
    -------
    str
        Empty for a crystal that was not built.

    Examples
    --------
    >>> origin_marks({"build": {"spacer_smiles": "C[NH3+]", "n": 1}})
    'perovex-build:spacer_smiles:C%5BNH3+%5D;n:1'
    """
    marks = []
    for kind in KEPT:
        record = properties.get(kind)
        if record:
            entries = [f"{key}:{quote(str(value), safe='+-')}" for key, value in record.items() if _is_plain(value)]
            marks.append(f"perovex-{kind}:{';'.join(entries)}")
    return " ".join(marks)


def read_origin(text: str) -> dict[str, dict[str, str]]:
    """Return what `origin_marks` wrote into a file.

    Parameters
    ----------
    text : str
        Content of a structure file.

    Returns
    -------
    dict
        ``"build"`` and ``"relaxation"`` where they are there; values are text.

    Examples
    --------
    >>> read_origin("# perovex-build:spacer_smiles:C%5BNH3+%5D;n:1")
    {'build': {'spacer_smiles': 'C[NH3+]', 'n': '1'}}
    """
    origin: dict[str, dict[str, str]] = {}
    for kind, entries in _MARK.findall(text[:20_000]):
        pairs = [entry.partition(":")[::2] for entry in entries.split(";")]
        origin[kind] = {key: unquote(value) for key, value in pairs if key}
    return origin


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool))
