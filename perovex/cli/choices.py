"""Options that several commands offer, and whether an option was given."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from perovex.errors import PerovexError

if TYPE_CHECKING:
    from collections.abc import Iterable

Moduli = Literal["relaxed", "soft_frozen"]
Force = Annotated[bool, typer.Option("--force", help="Replace files at --out that another command or a person wrote.")]


def positive(value: float | None) -> float | None:
    """Refuse what is no positive number; for ``callback`` of an option."""
    if value is not None and not 0 < value < math.inf:
        raise typer.BadParameter(f"{value} is not a positive number")
    return value


def not_negative(value: float | None) -> float | None:
    """Refuse what is no number from zero up; for ``callback`` of an option."""
    if value is not None and not 0 <= value < math.inf:
        raise typer.BadParameter(f"{value} is not a number from 0 up")
    return value


def torch_device(value: str) -> str:
    """Refuse what names no device of torch; for ``callback`` of an option."""
    if not re.fullmatch(r"(cpu|cuda|hip|mps|xpu)(:\d+)?", value):
        raise typer.BadParameter(f"{value!r} is no device: use cpu, cuda, cuda:1, mps or xpu")
    return value


def given(context: typer.Context, name: str) -> bool:
    """Whether the user wrote this parameter, be it with its default value."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def refuse_idle(context: typer.Context, names: Iterable[str], why: str, remedy: str = "leave it out") -> None:
    """Refuse options that were given and that this run would ignore.

    Parameters
    ----------
    context : typer.Context
    names : iterable of str
        Parameters of the command.
    why : str
        What follows "would be ignored", such as "without --relax".
    remedy : str

    Raises
    ------
    PerovexError
    """
    typed = {parameter.name: max(parameter.opts, key=len) for parameter in context.command.params}
    idle = [typed[name] for name in names if given(context, name)]
    if idle:
        raise PerovexError(f"{', '.join(idle)} would be ignored {why}", remedy=remedy)
