"""One line on what was left out of the user's data, why, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_SHOWN = 5


@dataclass(frozen=True)
class Remark:
    """Something about the data that a reader has to know.

    Attributes
    ----------
    cause : str
        What is the matter with `names`.
    names : tuple of str
        Crystals, rows or columns it is about.
    remedy : str
        What the user can do.
    """

    cause: str
    names: tuple[str, ...] = ()
    remedy: str = ""

    def __str__(self) -> str:
        """Return one line.

        Examples
        --------
        >>> print(Remark("crystals have no value", ("a", "b"), "add them to the table"))
        2 crystals have no value: a, b (add them to the table)
        >>> print(Remark("crystals have no value", ("a",)))
        crystals have no value: a
        """
        listed = ", ".join(self.names[:_SHOWN])
        more = f" and {len(self.names) - _SHOWN} more" if len(self.names) > _SHOWN else ""
        count = f"{len(self.names)} " if len(self.names) > 1 else ""
        head = f"{count}{self.cause}: {listed}{more}" if self.names else self.cause
        return f"{head} ({self.remedy})" if self.remedy else head

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return {"cause": self.cause, "names": list(self.names), "remedy": self.remedy}
