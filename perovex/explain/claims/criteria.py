"""The criteria by name. Each turns evidence into a verdict and says in words what it asks for.

Every criterion is symmetric in its caution: it needs resampled evidence to say "supported" and as much to say
"not supported"; in between stands "undecided".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perovex.errors import ClaimError
from perovex.explain.claims.beyond import BEYOND
from perovex.explain.claims.dominance import TOP_K
from perovex.explain.claims.share import SHARE
from perovex.explain.claims.sign import SIGN
from perovex.explain.claims.transfer import TRANSFER

if TYPE_CHECKING:
    from perovex.explain.claims.finding import Criterion

CRITERIA: dict[str, Criterion] = {
    "top_k": TOP_K,
    "sign": SIGN,
    "beyond": BEYOND,
    "share": SHARE,
    "transfer": TRANSFER,
}


def criterion(name: str) -> Criterion:
    """Look up a criterion.

    Raises
    ------
    ClaimError
        If there is none of that name.
    """
    if name not in CRITERIA:
        raise ClaimError(f"unknown criterion {name!r}", remedy=f"use one of {', '.join(CRITERIA)}")
    return CRITERIA[name]
