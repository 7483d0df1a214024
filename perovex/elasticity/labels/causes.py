"""Why labels are rejected: causes as records hold them, and how they are read back.

The column ``reason`` of records and of a release is written as ``CAUSE[: DETAILS][; CAUSE[: DETAILS]]``, with causes
from the list below. Details are for people, and nothing is decided by them.
"""

from __future__ import annotations

from typing import Final

#: The crystal, or the response of its ions, did not converge.
NOT_CONVERGED: Final = "not converged"
#: The relaxed crystal is a saddle.
NEGATIVE_MODE: Final = "negative mode"
#: The elastic tensor is not positive definite.
BORN_UNSTABLE: Final = "Born-unstable"
#: Holding the softest modes changes Young's modulus by more than the protocol allows.
SOFT_MODE_DOMINATED: Final = "soft-mode dominated"
#: Nothing, or nothing readable, is left of the relaxed crystal.
NOT_KEPT: Final = "no relaxed structure was kept"
NOT_READ: Final = "the relaxed structure cannot be read"
#: The relaxed crystal is something else than the one that was given.
NO_NETWORK: Final = "not a layered perovskite after relaxing"
OTHER_N: Final = "n changed while relaxing"
OTHER_SPACER: Final = "the spacer changed while relaxing"
#: What stands on record for a tensor is none.
NO_TENSOR: Final = "not an elastic tensor"
NOT_POSITIVE: Final = "the tensor is not positive definite"

CAUSES: Final = (
    NOT_CONVERGED, NEGATIVE_MODE, BORN_UNSTABLE, SOFT_MODE_DOMINATED, NOT_KEPT, NOT_READ, NO_NETWORK, OTHER_N,
    OTHER_SPACER, NO_TENSOR, NOT_POSITIVE,
)  # fmt: skip


def causes_of(reason: str) -> list[str]:
    """Return the causes in the reason of a record, without details; empty for an accepted label.

    Examples
    --------
    >>> causes_of("not converged: 3600 s spent"), causes_of("negative mode; Born-unstable"), causes_of("")
    (['not converged'], ['negative mode', 'Born-unstable'], [])
    >>> causes_of("not a layered perovskite after relaxing: no network; iodine is bound")
    ['not a layered perovskite after relaxing']
    """
    first, *others = (part.partition(": ")[0] for part in reason.split("; "))
    return [cause for cause in (first, *(other for other in others if other in CAUSES)) if cause]
