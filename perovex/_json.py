"""Results as plain JSON."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd


def json_safe(value: Any) -> Any:  # noqa: PLR0911 - one return per kind of value
    """Return `value` with numpy types turned into Python's, and NaN and infinities into None.

    Examples
    --------
    >>> json_safe({"a": np.float64("nan"), "b": np.arange(2), 3: (True,)})
    {'a': None, 'b': [0, 1], '3': [True]}
    """
    if type(value) is float:  # most of a study is numbers: they are asked first
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): json_safe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_safe(item) for item in value]
    if isinstance(value, np.ndarray):
        plain = value.dtype.kind in "biu" or (value.dtype.kind == "f" and np.isfinite(value).all())
        return value.tolist() if plain else json_safe(value.tolist())
    if isinstance(value, pd.Series):
        return json_safe(value.to_dict())
    if isinstance(value, pd.DataFrame):
        return json_safe(value.to_dict("records"))
    if isinstance(value, np.generic):
        return json_safe(value.item())
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
