"""Why a crystal is predicted as it is, in words; apart from `words`, which needs nothing of `perovex.explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex._numbers import short
from perovex.explain.names import amount, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from perovex.prediction.reasons import Reasons


def reasons_in_words(reasons: Reasons, n: int) -> list[str]:
    """Say why a crystal is predicted as it is, one sentence each.

    Parameters
    ----------
    reasons : Reasons
    n : int
        Groups of descriptors to name.
    """
    sentences = [_what_carries_it(reasons, n)]
    sentences += [_likeness(reasons.target, str(name), known) for name, known in reasons.neighbours.iterrows()]
    if reasons.change is not None:
        side = "below" if reasons.change.prediction >= reasons.change.goal else "above"
        sentences.append(f"Smallest change to {side} {reasons.change.goal:.4g}: {reasons.change.sentence()}")
    if reasons.sampling_error:
        sentences.append(f"Contributions were sampled; their largest standard error is {reasons.sampling_error:.2g}.")
    return sentences


def _what_carries_it(reasons: Reasons, n: int) -> str:
    """Name the prediction and the contributions of the `n` largest groups; the others are added up."""
    lead = (
        f"{reasons.target} = {reasons.prediction:.3g}, where {reasons.expected:.3g} is typical of the training crystals"
    )
    parts = [_group(str(leader), group, reasons.scale) for leader, group in reasons.groups.head(n).iterrows()]
    if len(reasons.groups) > n:
        rest = float(reasons.groups["contribution"].iloc[n:].sum())
        parts.append(f"{len(reasons.groups) - n} others together {_size(rest, reasons.scale)}")
    return f"{lead}: {'; '.join(parts)}."


def _likeness(target: str, name: str, neighbour: pd.Series) -> str:
    """Say how near a known crystal is, its label, and how it differs."""
    label = f"{target} {neighbour[target]:.3g}" if np.isfinite(neighbour[target]) else "no label"
    differs = f"; it differs by {neighbour['differences']}" if neighbour["differences"] else ""
    return f"Like {name} ({label}; distance {neighbour['distance']:.2f}){differs}."


def _group(leader: str, group: pd.Series, scale: str) -> str:
    """Name a group by the descriptor that leads it, its value, and what it contributes."""
    alike = f" and {group['members'] - 1:.0f} alike" if group["members"] > 1 else ""
    return f"{name_of(leader)} = {amount(group['value'], leader)}{alike} {_size(group['contribution'], scale)}"


def _size(contribution: float, scale: str) -> str:
    """Write a contribution: in percent of the target where logarithms are added, else in its unit."""
    if scale == "ln(target)":
        return f"{np.expm1(contribution):+.1%}"
    return f"{contribution:+.3g}"


def differences_in_kind(
    known: Mapping[str, Any] | pd.Series, own: Mapping[str, Any], apart: Sequence[str]
) -> list[str]:
    """Say how a known crystal differs in composition and stacking.

    Parameters
    ----------
    known, own : mapping or Series
        What both are.
    apart : sequence of str
        In which of it they differ.

    Examples
    --------
    >>> differences_in_kind({"halide": "Br"}, {"halide": "I"}, ["halide"])
    ['halide Br against I']
    """
    return [f"{kind} {known[kind]} against {own[kind]}" for kind in apart]


def differences_in_descriptors(known: pd.Series, own: pd.Series, apart: Sequence[str]) -> list[str]:
    """Say how a known crystal differs in descriptors.

    Parameters
    ----------
    known, own : Series
        Descriptors of both.
    apart : sequence of str
        In which of them they differ.
    """
    return [f"{name_of(name)} {short(known[name])} against {amount(own[name], name)}" for name in apart]
