"""What the reader of an evaluation is warned of, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

CAUTIONS: Final = {
    "no groups": "no groups were given: every row counts as independent",
    "no interval": "only {n_groups} groups: no interval can be given",
    "few groups": "only {n_groups} groups: intervals are widened for it, and still hold in less than 95 %",
    "random rows": "rows were split at random: the same group stands in training and test",
    "shared groups": "groups of {share:.0%} of the held-out rows also stand in training",
    "lacking intervals": "no interval at this coverage for {share:.0%} of the rows: too few groups",
    "not left out": "{scheme}: {why}",
}


class Caution(NamedTuple):
    """What limits an evaluation: a key of `CAUTIONS`, and what its words name."""

    kind: str
    values: Mapping[str, Any] = {}


def caution_in_words(caution: Caution) -> str:
    """Say what limits an evaluation.

    Examples
    --------
    >>> caution_in_words(Caution("no interval", {"n_groups": 2}))
    'only 2 groups: no interval can be given'
    """
    return CAUTIONS[caution.kind].format(**caution.values)
