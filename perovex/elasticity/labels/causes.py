"""Why labels are rejected: keys of causes, as records and releases hold them.

What a cause is called stands in `perovex.elasticity.labels.words`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The crystal, or the response of its ions, did not converge.
NOT_CONVERGED: Final = "not_converged"
#: The relaxed crystal is a saddle.
NEGATIVE_MODE: Final = "negative_mode"
#: The elastic tensor is not positive definite.
BORN_UNSTABLE: Final = "born_unstable"
#: Holding the softest modes changes Young's modulus by more than the protocol allows.
SOFT_MODE_DOMINATED: Final = "soft_mode_dominated"
#: An error ended the calculation.
FAILED: Final = "failed"
#: Nothing, or nothing readable, is left of the relaxed crystal.
NOT_KEPT: Final = "not_kept"
NOT_READ: Final = "not_read"
#: The relaxed crystal is something else than the one that was given.
NO_NETWORK: Final = "no_network"
OTHER_N: Final = "other_n"
OTHER_SPACER: Final = "other_spacer"
#: What stands on record for a tensor is none.
NO_TENSOR: Final = "no_tensor"
NOT_POSITIVE: Final = "not_positive"

CAUSES: Final = (
    NOT_CONVERGED, NEGATIVE_MODE, BORN_UNSTABLE, SOFT_MODE_DOMINATED, FAILED, NOT_KEPT, NOT_READ, NO_NETWORK, OTHER_N,
    OTHER_SPACER, NO_TENSOR, NOT_POSITIVE,
)  # fmt: skip

_SEPARATOR = ";"


def joined(causes: Iterable[str]) -> str:
    """Return causes as one cell of a table.

    Examples
    --------
    >>> joined([NEGATIVE_MODE, BORN_UNSTABLE]), joined([])
    ('negative_mode;born_unstable', '')
    """
    return _SEPARATOR.join(causes)


def split(cell: str) -> tuple[str, ...]:
    """Return the causes in a cell that `joined` made.

    Examples
    --------
    >>> split("negative_mode;born_unstable"), split("")
    (('negative_mode', 'born_unstable'), ())
    """
    return tuple(cell.split(_SEPARATOR)) if cell else ()
