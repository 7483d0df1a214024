"""Words for people that several layers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def enumerated(names: Sequence[str]) -> str:
    """Return names apart by commas, the last by "and".

    Examples
    --------
    >>> enumerated(["halide"]), enumerated(["halide", "n", "source"])
    ('halide', 'halide, n and source')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def joined(parts: Iterable[str]) -> str:
    """Return several remarks as one, without empty ones.

    Examples
    --------
    >>> joined(["first", "", "second"])
    'first; second'
    """
    return "; ".join(part for part in parts if part)


def group_words(name: str) -> tuple[str, str]:
    """Return what one group and several are called, of groups by that name.

    Parameters
    ----------
    name : str
        ``"spacer"``, ``"crystal"`` where every one counts for itself, or the column of a user's table.

    Examples
    --------
    >>> group_words("spacer"), group_words("family"), group_words("group")
    (('spacer', 'spacers'), ('family group', 'family groups'), ('group', 'groups'))
    """
    if name == "crystal":  # folds still keep crystals of equal descriptors together
        return "group of equal crystals", "crystals"
    if name == "spacer_smiles":
        name = "spacer"
    one = name if name in ("spacer", "group") else f"{name} group"
    return one, f"{one}s"
