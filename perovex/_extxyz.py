"""Crystals of one extended xyz text, each read when it is asked for: most who open a release want a few."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ase import Atoms


class Frames(Mapping[str, "Atoms"]):
    r"""Frames by the name that stands under a key of their second line.

    Parameters
    ----------
    text : str
        Extended xyz, frame after frame.
    key : str
        Key of the name, which is unique.

    Raises
    ------
    ValueError
        If a frame does not begin with its number of atoms, is cut short or bears no name.

    Examples
    --------
    >>> Frames('1\nname=a Properties=species:S:1:pos:R:3\nPb 0 0 0\n', "name")["a"].symbols
    Symbols('Pb')
    """

    def __init__(self, text: str, key: str) -> None:
        named = re.compile(rf'(?:^|\s){re.escape(key)}=(?:"([^"]*)"|(\S+))')
        lines = text.splitlines(keepends=True)
        self._texts: dict[str, str] = {}
        first = 0
        while first < len(lines):
            last = first + 2 + int(lines[first])
            found = named.search(lines[first + 1]) if last <= len(lines) else None
            if found is None:
                raise ValueError(f"line {first + 1}: no whole frame with {key}=")
            self._texts[found[1] or found[2]] = "".join(lines[first:last])
            first = last

    def __getitem__(self, name: str) -> Atoms:
        import ase.io

        atoms = ase.io.read(io.StringIO(self._texts[name]), format="extxyz")
        assert not isinstance(atoms, list)  # no index, one frame
        return atoms

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)
