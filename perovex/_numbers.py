"""Numbers as people read them."""

from __future__ import annotations

NOTHING = 1e-10


def short(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits; what is only rounding error is zero.

    No descriptor has a meaning below `NOTHING` in its unit: an ideal octahedron has a tilt of 0, not of 8.6e-31 deg.

    Examples
    --------
    >>> short(8.6e-31), short(-2.34567), short(172.43219, 5)
    ('0', '-2.346', '172.43')
    """
    return f"{0.0 if abs(value) < NOTHING else value:.{digits}g}"
