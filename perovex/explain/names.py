"""Names and units of descriptors in words: what the caller says, else what the registry of descriptors says."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from perovex._numbers import short

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITLESS = ("", "1")


@cache
def _registered(key: str) -> Any:
    """Entry of a descriptor in the registry, or None for columns of another origin."""
    from perovex.descriptors import REGISTRY

    return REGISTRY.get(key, None)


def unit_of(key: str, units: Mapping[str, str] | None = None) -> str:
    """Return the unit of a descriptor, empty where it has none."""
    if units is not None and key in units:
        unit = units[key]
    else:
        entry = _registered(key)
        unit = "" if entry is None else entry.unit
    return "" if unit in _UNITLESS else unit


def name_of(key: str, labels: Mapping[str, str] | None = None) -> str:
    """Return the name of a descriptor in words; the key where nobody knows one."""
    if labels is not None and key in labels:
        return labels[key]
    entry = _registered(key)
    return key if entry is None else str(entry.label)


def group_name(leader: str, size: int, labels: Mapping[str, str] | None = None) -> str:
    """Return the name of a group of correlated descriptors, by the one that leads it and how many it has.

    Examples
    --------
    >>> group_name("bridge_angle_mean", 3), group_name("mine", 1)
    ('M-X-M angle and 2 alike', 'mine')
    """
    name = name_of(leader, labels)
    return name if size == 1 else f"{name} and {size - 1} alike"


def axis_label(key: str, units: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None) -> str:
    """Return the axis label of a descriptor, with its unit where it has one.

    Examples
    --------
    >>> axis_label("bridge_angle_mean"), axis_label("mine", {"mine": "nm"})
    ('M-X-M angle (deg)', 'mine (nm)')
    """
    unit = unit_of(key, units)
    return f"{name_of(key, labels)} ({unit})" if unit else name_of(key, labels)


def amount(value: float, key: str, units: Mapping[str, str] | None = None) -> str:
    """Return a value of a descriptor with its unit, or that it has none.

    Examples
    --------
    >>> amount(2.5, "spacing", {"spacing": "Å"}), amount(float("nan"), "spacing")
    ('2.5 Å', 'undefined')
    """
    return "undefined" if value != value else f"{short(value)} {unit_of(key, units)}".strip()  # noqa: PLR0124
