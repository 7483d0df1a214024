"""What element a name stands for: any case, labels with numbers, deuterium, several elements on one site."""

from __future__ import annotations

import re
from functools import lru_cache

from ase.data import atomic_numbers

from perovex.errors import StructureFileError

_LETTERS = re.compile(r"[A-Za-z]+")
#: An element with its share before or after it: ``0.60Sn``, ``Sn0.6``, ``Sn(0.6)``, ``Sn:0.6``, ``Sn2+``.
_SHARE = re.compile(
    r"(\d*\.\d+|\d+)?\s*\*?\s*([A-Z][a-z]?)(?:[+-]\d?(?![\d.])|\d[+-])?(?:[:=(]?(\d*\.\d+|\d+)\)?)?[+-]?"
)
_BETWEEN = re.compile(r"[\s,;:/&|+]+")
#: Names of heavy hydrogen.
HEAVY_HYDROGEN = frozenset({"D", "T"})


def is_element(symbol: str) -> bool:
    """Tell whether this is the symbol of an element (or D, T), its case as it should be."""
    return (symbol in atomic_numbers and symbol != "X") or symbol in HEAVY_HYDROGEN


def plain_symbol(symbol: str) -> str:
    """Return H for D and T, other symbols as they are."""
    return "H" if symbol in HEAVY_HYDROGEN else symbol


def element_of(name: str) -> str:
    """Return the element that a name of a species stands for.

    Parameters
    ----------
    name : str
        As POSCAR and xyz files write it: ``Pb``, ``PB``, ``pb``, ``Pb_d``, ``Pb1``, ``D``.

    Returns
    -------
    str
        Symbol; H for deuterium.

    Raises
    ------
    StructureFileError
        There is no such element.

    Examples
    --------
    >>> [element_of(name) for name in ("Pb", "PB", "pb", "Pb_d_GW", "I-", "Cs1", "D", "H.5")]
    ['Pb', 'Pb', 'Pb', 'Pb', 'I', 'Cs', 'H', 'H']
    """
    match = _LETTERS.match(name.strip())
    symbol = match.group().capitalize() if match else ""
    if not is_element(symbol):
        raise StructureFileError(f"unknown element {name!r}")
    return plain_symbol(symbol)


def elements_of_label(label: str) -> tuple[str, ...]:
    """Return the elements that the letters of a label may stand for, the longer symbol first.

    Examples
    --------
    >>> elements_of_label("CA1"), elements_of_label("Pb1"), elements_of_label("H1A"), elements_of_label("O1W")
    (('Ca', 'C'), ('Pb', 'P'), ('H',), ('O',))
    """
    match = _LETTERS.match(label.strip())
    letters = match.group() if match else ""
    readings = [letters[:length].capitalize() for length in (2, 1) if len(letters) >= length]
    return tuple(dict.fromkeys(plain_symbol(s) for s in readings if is_element(s)))


@lru_cache(maxsize=1000)
def shares_of(type_symbol: str) -> dict[str, float | None]:
    """Return the elements that share a site according to its type symbol, with their shares.

    Parameters
    ----------
    type_symbol : str
        ``0.60Sn + 0.40Pb``, ``Sn0.6Pb0.4``, ``Pb,Sn``; also a single element or ion.

    Returns
    -------
    dict of str to float or None
        Share of each element, None where it is not said; empty where the text is no list of elements. A group such
        as CH3 or H2O stands for its heavy atom. Shared among callers: do not change it.

    Examples
    --------
    >>> shares_of("0.30I + 0.70Br")
    {'I': 0.3, 'Br': 0.7}
    >>> shares_of("Pb2+"), shares_of("Sn0.6Pb0.4"), shares_of("Pb/Sn"), shares_of("Cval"), shares_of("NH3")
    ({'Pb': None}, {'Sn': 0.6, 'Pb': 0.4}, {'Pb': None, 'Sn': None}, {}, {'N': None})
    """
    text = type_symbol.strip()
    if is_element(text.capitalize()):
        return {plain_symbol(text.capitalize()): None}
    shares: dict[str, float | None] = {}
    at = 0
    while at < len(text):
        between = _BETWEEN.match(text, at)
        if between:
            at = between.end()
            continue
        match = _SHARE.match(text, at)
        if match is None or not is_element(match.group(2)):
            return {}
        at = match.end()
        number = match.group(1) or match.group(3)
        # a whole number after an element counts atoms of a group or its charge
        share = float(number) if number and (match.group(1) or "." in number) else None
        shares[plain_symbol(match.group(2))] = share
    heavy = {symbol: share for symbol, share in shares.items() if symbol != "H"}
    return heavy if heavy and None in shares.values() else shares
