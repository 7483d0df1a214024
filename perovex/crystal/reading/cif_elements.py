"""Elements of the atoms that a CIF lists, by their type symbols and labels."""

from __future__ import annotations

import re

from perovex.crystal.reading.element_names import elements_of_label, is_element, plain_symbol, shares_of
from perovex.errors import DisorderError, StructureFileError

#: Occupancies up to here are full ones: rounding, and electrons that a refinement could not place.
MOST_OCCUPANCY = 1.05


def elements_of_rows(
    types: list[str], labels: list[str], rows: list[int], formula: dict[str, float]
) -> tuple[dict[int, dict[str, float]], list[str]]:
    """Elements of each row with their shares: by type symbol, else by the letters that its label begins with.

    Parameters
    ----------
    types, labels : list of str
        Type symbol and label of each row of the table of atoms; empty where the file has none.
    rows : list of int
        Rows that are atoms.
    formula : dict of str to float
        What the file states; settles labels that can be read in two ways.

    Returns
    -------
    shares : dict of int to dict of str to float
        By row; they add up to 1 (or, for mixed sites, to what the file states).
    remarks : list of str
        Which labels had to be settled.

    Raises
    ------
    DisorderError
        A mixed site without shares.
    StructureFileError
        An unknown element, or shares that do not fit on a site.

    Examples
    --------
    >>> elements_of_rows(["Pb2+", ""], ["Pb1", "I1"], [0, 1], {})
    ({0: {'Pb': 1.0}, 1: {'I': 1.0}}, [])
    """
    # in a file that writes "Pb1", "CA1" is no calcium
    cased = any(re.match(r"[A-Z][a-z](?![a-z])", label) for label in labels)
    shares: dict[int, dict[str, float]] = {}
    settled: dict[str, str] = {}
    for k in rows:
        known = shares_of(types[k]) if types[k] else {}
        if len(known) > 1:
            shares[k] = _settled_shares(types[k], known)
            continue
        if known:
            shares[k] = dict.fromkeys(known, 1.0)
            continue
        symbol = _by_type(types[k]) or _by_label(labels[k], formula, cased=cased)
        if not symbol:
            raise StructureFileError(
                f"unknown element {types[k] or labels[k]!r} (atom {labels[k]!r})",
                remedy="correct _atom_site_type_symbol",
            )
        if not types[k] and len(elements_of_label(labels[k])) > 1 and labels[k][1:2].isupper():
            settled[labels[k]] = symbol
        shares[k] = {symbol: 1.0}
    if not settled:
        return shares, []
    listed = ", ".join(f"{label} is {symbol}" for label, symbol in list(settled.items())[:4])
    more = f" and {len(settled) - 4} more" if len(settled) > 4 else ""
    return shares, [f"elements taken from labels that can be read in two ways: {listed}{more}"]


def _settled_shares(text: str, known: dict[str, float | None]) -> dict[str, float]:
    """Shares that add up to 1, or a refusal."""
    if None in known.values():
        raise DisorderError(
            f"{text!r} puts {' and '.join(known)} on one site without their shares",
            remedy="give each element a row with its occupancy",
        )
    shares = {symbol: float(share or 0.0) for symbol, share in known.items()}
    total = sum(shares.values())
    if not 0.0 < total <= MOST_OCCUPANCY:
        raise StructureFileError(f"the shares of {text!r} add up to {total:g}", remedy="correct the type symbol")
    return shares


def _by_type(text: str) -> str:
    """Element of a type symbol with a suffix in small letters, such as Cval or Siva; empty if there is none."""
    match = re.fullmatch(r"([A-Za-z]+)[\d.+*'_-]*", text)
    letters = match.group(1) if match else ""
    for length in (2, 1):
        symbol = letters[:length].capitalize()
        rest = letters[length:]
        if len(letters) >= length and is_element(symbol) and (not rest or rest.islower()):
            return plain_symbol(symbol)
    return ""


def _by_label(label: str, formula: dict[str, float], *, cased: bool) -> str:
    """Element of a label, settled by the formula, else by the case of its letters."""
    readings = elements_of_label(label)
    if formula:
        readings = tuple(r for r in readings if r in formula) or readings
    if len(readings) > 1 and cased and label[1:2].isupper():
        return readings[1]
    return readings[0] if readings else ""
