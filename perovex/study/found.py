"""What a step of a study found, or why there is nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from perovex.errors import PerovexError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True)
class Found(Generic[T]):
    """What a step found, or None and, in words, why the data do not allow it."""

    value: T | None = None
    refusal: str = ""


def attempt(work: Callable[[], T]) -> Found[T]:
    """Do the work of a step; what the data do not allow is a refusal and ends nothing."""
    try:
        return Found(work())
    except PerovexError as error:
        return Found(refusal=str(error))
