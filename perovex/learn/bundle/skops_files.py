"""The library that writes scikit-learn objects without pickle, imported in a third of the time."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

# skops walks through all of scikit-learn for the names of its estimators. This module of it holds none, and imports
# torch where that is installed: three seconds.
_WITHOUT_ESTIMATORS = "sklearn.externals.array_api_compat.torch"


def skops_io() -> ModuleType:
    """Return `skops.io`.

    Examples
    --------
    >>> "loads" in dir(skops_io())
    True
    """
    modules: dict[str, Any] = sys.modules
    if "skops.io" in modules or _WITHOUT_ESTIMATORS in modules:
        return importlib.import_module("skops.io")
    modules[_WITHOUT_ESTIMATORS] = None  # importing it fails, which the walk takes for a missing dependency
    try:
        return importlib.import_module("skops.io")
    finally:
        del modules[_WITHOUT_ESTIMATORS]
