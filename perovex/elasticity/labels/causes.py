"""Why labels are rejected: causes as records hold them, and how they are read back.

A record holds causes as text, one or several apart by "; ", each alone or with details after a colon.
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


def causes_of(reason: str) -> list[str]:
    """Return the causes in the reason of a record, without details; empty for an accepted label.

    Examples
    --------
    >>> causes_of("not converged: 3600 s spent"), causes_of("negative mode; Born-unstable"), causes_of("")
    (['not converged'], ['negative mode', 'Born-unstable'], [])
    """
    return [part.partition(": ")[0] for part in reason.split("; ") if part]
