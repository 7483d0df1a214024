"""Why a row lies outside what was learnt, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from perovex._numbers import short

if TYPE_CHECKING:
    from collections.abc import Sequence


class Changed(NamedTuple):
    """A descriptor that was constant in training and has another value here."""

    name: str
    value: float
    constant: float


class Deviation(NamedTuple):
    """A descriptor with its deviation from the mean in standard deviations, and the range of training."""

    name: str
    value: float
    deviation: float
    lower: float
    upper: float


def reason_in_words(changed: Sequence[Changed], deviating: Sequence[Deviation], undefined: Sequence[str]) -> str:
    """Name the descriptors that set a row apart from those of training.

    Parameters
    ----------
    changed : sequence of Changed
        Constant in training.
    deviating : sequence of Deviation
        Farthest from the mean of training.
    undefined : sequence of str
        Undefined here, and never in training.

    Examples
    --------
    >>> reason_in_words([Changed("metal", 2.0, 1.0)], [Deviation("angle", 170.0, 2.5, 150.0, 165.0)], ["stei"])
    'metal = 2 (constant 1 in training); angle = 170 (+2.5 standard deviations, outside the training range 150 to 165);
    undefined here, never in training: stei'
    """
    parts = [f"{one.name} = {short(one.value)} (constant {short(one.constant)} in training)" for one in changed]
    parts += [_deviation(one) for one in deviating]
    if undefined:
        parts.append(f"undefined here, never in training: {', '.join(undefined)}")
    return "; ".join(parts)


def _deviation(one: Deviation) -> str:
    where = "inside" if one.lower <= one.value <= one.upper else "outside"
    return (
        f"{one.name} = {short(one.value)} ({one.deviation:+.1f} standard deviations, {where} the training range "
        f"{short(one.lower)} to {short(one.upper)})"
    )
