"""Numbers as people read them."""

from __future__ import annotations

import math

NOTHING = 1e-10


def short(value: float, digits: int = 4, *, zeros: bool = False) -> str:
    """Return a number with so many significant digits; what is only rounding error is zero.

    Zeros at the end go unless they are asked for, as of measured values that stand beside each other.

    No descriptor has a meaning below `NOTHING` in its unit: an ideal octahedron has a tilt of 0, not of 8.6e-31 deg.

    Examples
    --------
    >>> short(8.6e-31), short(-2.34567), short(172.43219, 5)
    ('0', '-2.346', '172.43')
    >>> short(2.997, 3), short(2.997, 3, zeros=True), short(123.4, 3, zeros=True)
    ('3', '3.00', '123')
    """
    number = 0.0 if abs(value) < NOTHING else value
    return f"{number:#.{digits}g}".rstrip(".") if zeros else f"{number:.{digits}g}"


def with_interval(value: float, lower: float, upper: float, unit: str = "") -> str:
    """Return a number with its interval, or alone where too few groups gave none.

    Examples
    --------
    >>> with_interval(1.5, 1.2, 1.9, " GPa"), with_interval(12, math.nan, math.nan)
    ('1.50 GPa [1.20, 1.90]', '12.00')
    """
    interval = f" [{lower:.2f}, {upper:.2f}]" if math.isfinite(lower) and math.isfinite(upper) else ""
    return f"{value:.2f}{unit}{interval}"
