"""Names and units of descriptors in words: what the caller says, else what the registry of descriptors says."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from perovex._numbers import short

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITLESS = ("", "1")


@dataclass(frozen=True)
class Names:
    """Units and labels of descriptors that the registry does not know, or that are to be called otherwise.

    Attributes
    ----------
    units, labels : mapping of str to str
        By key of descriptor.

    Examples
    --------
    >>> mine = Names(units={"spacing": "Å"}, labels={"spacing": "layer spacing"})
    >>> axis_label("spacing", mine), axis_label("bridge_angle_mean", mine)
    ('layer spacing (Å)', 'M-X-M angle (deg)')
    """

    units: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@cache
def _registered(key: str) -> Any:
    """Entry of a descriptor in the registry, or None for columns of another origin."""
    from perovex.descriptors import REGISTRY

    return REGISTRY.get(key, None)


def unit_of(key: str, names: Names | None = None) -> str:
    """Return the unit of a descriptor, empty where it has none."""
    if names is not None and key in names.units:
        unit = names.units[key]
    else:
        entry = _registered(key)
        unit = "" if entry is None else entry.unit
    return "" if unit in _UNITLESS else unit


def name_of(key: str, names: Names | None = None) -> str:
    """Return the name of a descriptor in words; the key where nobody knows one."""
    if names is not None and key in names.labels:
        return names.labels[key]
    entry = _registered(key)
    return key if entry is None else str(entry.label)


def group_name(leader: str, size: int, names: Names | None = None) -> str:
    """Return the name of a group of correlated descriptors, by the one that leads it and how many it has.

    Examples
    --------
    >>> group_name("bridge_angle_mean", 3), group_name("mine", 1)
    ('M-X-M angle and 2 alike', 'mine')
    """
    name = name_of(leader, names)
    return name if size == 1 else f"{name} and {size - 1} alike"


def axis_label(key: str, names: Names | None = None) -> str:
    """Return the axis label of a descriptor, with its unit where it has one.

    Examples
    --------
    >>> axis_label("bridge_angle_mean"), axis_label("mine", Names({"mine": "nm"}))
    ('M-X-M angle (deg)', 'mine (nm)')
    """
    unit = unit_of(key, names)
    return f"{name_of(key, names)} ({unit})" if unit else name_of(key, names)


def amount(value: float, key: str, names: Names | None = None) -> str:
    """Return a value of a descriptor with its unit, or that it has none.

    Examples
    --------
    >>> amount(2.5, "spacing", Names({"spacing": "Å"})), amount(float("nan"), "spacing")
    ('2.5 Å', 'undefined')
    """
    return "undefined" if value != value else f"{short(value)} {unit_of(key, names)}".strip()  # noqa: PLR0124
