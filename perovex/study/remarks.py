"""What was left out of the user's data, or is to be known of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perovex.study.words import cause_and_remedy, remark_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Remark:
    """Something about the data that a reader has to know.

    Attributes
    ----------
    kind : str
        What is the matter with `names`: a key of `perovex.study.words.REMARKS`.
    names : tuple of str
        Crystals, rows or columns it is about.
    values : mapping
        What its words name besides.
    """

    kind: str
    names: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cause(self) -> str:
        """What is the matter with `names`, in words."""
        return cause_and_remedy(self.kind, self.values)[0]

    @property
    def remedy(self) -> str:
        """What the user can do, in words."""
        return cause_and_remedy(self.kind, self.values)[1]

    def __str__(self) -> str:
        """Return one line.

        Examples
        --------
        >>> print(Remark("no value", ("a", "b")))
        2 rows have no value to learn: a, b (fill them in, or leave them out)
        """
        return remark_in_words(self.cause, self.names, self.remedy)

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return {"cause": self.cause, "names": list(self.names), "remedy": self.remedy}
