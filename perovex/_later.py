"""Names of a package that are imported when they are first asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def import_later(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package whose names come from modules that are slow to import.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    modules : mapping of str to str
        Public name to the module below the package that defines it.

    Examples
    --------
    >>> attribute = import_later("perovex", {"sha256": "_files"})
    >>> attribute("sha256").__module__
    'perovex._files'
    """

    def attribute(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{modules[name]}"), name)
        setattr(sys.modules[package], name, value)  # next time without this function
        return value

    return attribute
