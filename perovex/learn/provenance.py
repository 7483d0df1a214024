"""What a result depends on besides its data: versions and checksums."""

from __future__ import annotations

import hashlib
import json
import platform
from functools import cache
from importlib import metadata
from typing import Any

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import BaseEstimator

_PACKAGES = ("perovex", "numpy", "pandas", "scipy", "scikit-learn", "xgboost", "xgboost-cpu", "shap", "skops")


def environment() -> dict[str, str]:
    """Return versions of Python, the platform and the packages a result depends on.

    Examples
    --------
    >>> sorted(environment())[:2]
    ['numpy', 'pandas']
    """
    return dict(_environment())


@cache
def _environment() -> dict[str, str]:
    versions = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def described(estimator: Any) -> str:
    """Return an estimator with all its parameters, defaults included, on one line.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> described(Ridge())[:25]
    'Ridge(alpha=1.0, copy_X=T'
    """
    with config_context(print_changed_only=False):
        text = estimator.__repr__(N_CHAR_MAX=100_000) if isinstance(estimator, BaseEstimator) else repr(estimator)
    return " ".join(text.split())


def provenance(estimator: Any, *tables: Any, **settings: Any) -> dict[str, Any]:
    """Return what a result depends on: settings, estimator, checksum of the data, environment."""
    return {
        **settings,
        "estimator": described(estimator),
        "data_checksum": table_checksum(*tables),
        "environment": environment(),
    }


def table_checksum(*tables: Any) -> str:
    """Return the SHA-256 of tables: column names, index and values, as ``"sha256:..."``.

    Parameters
    ----------
    *tables : DataFrame or Series

    Examples
    --------
    >>> a, b = pd.DataFrame({"x": [1.0, 2.0]}), pd.DataFrame({"x": [1.0, 2.5]})
    >>> table_checksum(a) == table_checksum(a.copy()), table_checksum(a) == table_checksum(b)
    (True, False)
    """
    digest = hashlib.sha256()
    for table in tables:
        if table is None:
            digest.update(b"none")
            continue
        frame = table.to_frame("value") if isinstance(table, pd.Series) else pd.DataFrame(table)
        labels = [list(map(str, frame.columns)), list(map(str, frame.index))]
        digest.update(json.dumps(labels).encode())
        for column in frame:
            values = frame[column]
            if pd.api.types.is_numeric_dtype(values):
                digest.update(np.ascontiguousarray(values.to_numpy(np.float64, na_value=np.nan), "<f8").tobytes())
            else:
                digest.update("\x1f".join(map(str, values)).encode())
    return f"sha256:{digest.hexdigest()}"
