"""The tree of commands: names, parameters and their types, read from the application itself."""

from __future__ import annotations

import inspect
import re
import typing
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType

import typer

from perovex.cli.main import app


@dataclass(frozen=True)
class Parameter:
    """An option or argument of a command."""

    command: str
    name: str
    option: str  # as it is typed; empty for an argument
    short: str  # its single letter; empty where it has none
    kind: type  # of one value
    choices: tuple[str, ...]
    required: bool

    @property
    def is_output(self):
        return self.kind is Path and self.name in {"out", "report", "figures", "parts"}


def commands(group: typer.Typer = app, above: str = "") -> dict[str, typing.Callable]:
    """Return the function behind every command, by what is typed."""
    found = {f"{above}{info.name}": info.callback for info in group.registered_commands}
    for info in group.registered_groups:
        found |= commands(info.typer_instance, f"{above}{info.name} ")
    return found


def parameters(command: str) -> list[Parameter]:
    """Return what a command can be given."""
    function = commands()[command]
    hints = typing.get_type_hints(function, include_extras=True)
    listed = []
    for name, parameter in inspect.signature(function).parameters.items():
        if typing.get_origin(hints[name]) is not typing.Annotated:  # the context
            continue
        annotation, info = typing.get_args(hints[name])[:2]
        kind, choices = _value_type(annotation)
        is_option = isinstance(info, typer.models.OptionInfo)
        declared = [info.default, *(info.param_decls or ())]  # typer takes the first name for a default
        option = _option(name, declared) if is_option else ""
        short = next((item for item in declared if re.fullmatch("-[a-z]", str(item))), "")
        required = parameter.default is inspect.Parameter.empty
        listed.append(Parameter(command, name, option, short, kind, choices, required))
    return listed


def _option(name: str, declared: list[typing.Any]) -> str:
    names = [item.split("/")[0] for item in declared if isinstance(item, str) and item.startswith("-")]
    return max(names, key=len, default=f"--{name.replace('_', '-')}")


def _value_type(annotation: typing.Any) -> tuple[type, tuple[str, ...]]:
    """Type of one value, and the words that it may be."""
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return str, typing.get_args(annotation)
    if origin in (typing.Union, UnionType):
        return _value_type(next(item for item in typing.get_args(annotation) if item is not NoneType))
    if origin is list:
        return _value_type(typing.get_args(annotation)[0])
    return annotation, ()
