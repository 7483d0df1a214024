"""Why labels are rejected, in words, and how words of older releases are read back.

A reason is written as ``CAUSE[: DETAILS][; CAUSE[: DETAILS]]``. It is for people; keys of its causes stand beside it.
"""

from __future__ import annotations

from typing import Final

from perovex.elasticity.labels.causes import (
    BORN_UNSTABLE,
    FAILED,
    NEGATIVE_MODE,
    NO_NETWORK,
    NO_TENSOR,
    NOT_CONVERGED,
    NOT_KEPT,
    NOT_POSITIVE,
    NOT_READ,
    OTHER_N,
    OTHER_SPACER,
    SOFT_MODE_DOMINATED,
)

#: Older releases and records are told by these words: a cause that gets other words keeps the former ones in
#: `causes_in_text_of_older_releases`.
CAUSE_WORDS: Final = {
    NOT_CONVERGED: "not converged",
    NEGATIVE_MODE: "negative mode",
    BORN_UNSTABLE: "Born-unstable",
    SOFT_MODE_DOMINATED: "soft-mode dominated",
    FAILED: "no label could be made",
    NOT_KEPT: "no relaxed structure was kept",
    NOT_READ: "the relaxed structure cannot be read",
    NO_NETWORK: "not a layered perovskite after relaxing",
    OTHER_N: "n changed while relaxing",
    OTHER_SPACER: "the spacer changed while relaxing",
    NO_TENSOR: "not an elastic tensor",
    NOT_POSITIVE: "the tensor is not positive definite",
}


def reason_in_words(cause: str, details: str = "") -> str:
    """Return a cause in words, with details behind a colon; empty without a cause.

    Parameters
    ----------
    cause : str
        Key of a cause, or empty.
    details : str
        For people.

    Examples
    --------
    >>> reason_in_words("not_converged", "3600 s spent"), reason_in_words("")
    ('not converged: 3600 s spent', '')
    """
    if not cause:
        return ""
    return f"{CAUSE_WORDS[cause]}: {details}" if details else CAUSE_WORDS[cause]


def causes_in_text_of_older_releases(reason: str) -> list[str]:
    """Return the causes that a reason names, for releases 0.1 to 0.7a1 and records of their time, which hold no keys.

    Parameters
    ----------
    reason : str
        Of a rejected label; empty for an accepted one.

    Returns
    -------
    list of str
        Keys of causes. A reason that begins with none of their words is the message of an error: ``failed``.

    Examples
    --------
    >>> causes_in_text_of_older_releases("not converged: 3600 s spent")
    ['not_converged']
    >>> causes_in_text_of_older_releases("negative mode; Born-unstable"), causes_in_text_of_older_releases("")
    (['negative_mode', 'born_unstable'], [])
    >>> causes_in_text_of_older_releases("not a layered perovskite after relaxing: no network; iodine is bound")
    ['no_network']
    """
    if not reason:
        return []
    keys = {words: cause for cause, words in CAUSE_WORDS.items()}
    first, *others = (part.partition(": ")[0] for part in reason.split("; "))
    return [keys.get(first, FAILED), *(keys[other] for other in others if other in keys)]
