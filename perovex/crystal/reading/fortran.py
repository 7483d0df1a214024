"""Numbers as structure files write them."""

from __future__ import annotations


def number(text: str) -> float:
    """Return a number, Fortran's exponents understood.

    Raises
    ------
    ValueError
        It is none.

    Examples
    --------
    >>> number("0.5"), number("1.0D-02"), number("3d0")
    (0.5, 0.01, 3.0)
    """
    try:
        return float(text)
    except ValueError:
        if text[:1].isalpha():  # float("d0") would be text as well, but "nan" and "inf" were read above
            raise
        return float(text.replace("D", "e").replace("d", "e"))
