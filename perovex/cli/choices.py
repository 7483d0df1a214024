"""Choices that several commands offer, and whether an option was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import typer

Moduli = Literal["relaxed", "soft_frozen"]


def given(context: typer.Context, name: str) -> bool:
    """Whether the user wrote this parameter, be it with its default value."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
