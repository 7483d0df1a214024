"""Fitted models as JSON, arrays, xgboost boosters and skops files: never pickle.

`pack` turns an object into a JSON tree that refers to parts (`Parts`); `unpack` is its inverse and builds
only classes named in `_classes` and in `perovex.learn.bundle.sklearn_parts`, so that a foreign manifest cannot make
it create anything else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from perovex.errors import ModelFileError
from perovex.learn.bundle.sklearn_parts import is_plain, rebuild, state_of

# Types that skops does not trust by itself but that the pipelines of `_algorithms` hold.
TRUSTED = (
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
    "sklearn.tree._tree.Tree",
)


@dataclass
class Parts:
    """Binary parts of a packed model, by name."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    boosters: dict[str, bytes] = field(default_factory=dict)
    estimators: dict[str, Any] = field(default_factory=dict)
    _names: dict[tuple[str, tuple[int, ...], bytes], str] = field(default_factory=dict)

    def add_array(self, array: np.ndarray) -> str:
        """Keep an array and return its name; one that is equal to an earlier one is kept once."""
        contents = (array.dtype.str, array.shape, array.tobytes())
        name = self._names.setdefault(contents, f"a{len(self.arrays)}")
        self.arrays[name] = array
        return name


def _classes() -> dict[str, Any]:
    from perovex.learn.estimators.additive import AdditiveClassifier, AdditiveRegressor
    from perovex.learn.estimators.average import AverageClassifier, AverageRegressor
    from perovex.learn.estimators.classifier import StiffnessClassifier
    from perovex.learn.estimators.process import ProcessRegressor
    from perovex.learn.estimators.regressor import YoungModulusRegressor
    from perovex.learn.estimators.selection import DescriptorSelector
    from perovex.learn.estimators.small import ForwardSelection
    from perovex.learn.uncertainty.calibration import ProbabilityCalibrator
    from perovex.learn.uncertainty.domain import ApplicabilityDomain
    from perovex.learn.uncertainty.intervals import ConformalRegressor

    known = (
        AdditiveClassifier,
        AdditiveRegressor,
        ApplicabilityDomain,
        AverageClassifier,
        AverageRegressor,
        ConformalRegressor,
        DescriptorSelector,
        ForwardSelection,
        ProbabilityCalibrator,
        ProcessRegressor,
        StiffnessClassifier,
        YoungModulusRegressor,
    )
    return {kind.__name__: kind for kind in known}


def pack(value: Any, parts: Parts) -> Any:  # noqa: PLR0911 - one branch per kind of value
    """Turn `value` into JSON, putting arrays and models into `parts`.

    Raises
    ------
    ModelFileError
        A value that cannot be written without pickle.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, np.ndarray):
        return _pack_array(value, parts)
    if isinstance(value, list):
        return [pack(item, parts) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [pack(item, parts) for item in value]}
    if isinstance(value, np.dtype):
        return {"$dtype": value.str}
    if isinstance(value, dict):
        return {"$dict": [[pack(k, parts), pack(v, parts)] for k, v in value.items()]}
    if isinstance(value, pd.Series):
        return {"$series": pack(value.to_numpy(), parts), "index": [str(item) for item in value.index]}
    return _pack_object(value, parts)


def _pack_array(value: np.ndarray, parts: Parts) -> dict[str, Any]:
    if value.dtype.kind in "OUS":
        return {"$names": [str(item) for item in value.ravel()], "shape": list(value.shape)}
    return {"$array": parts.add_array(value)}


def _pack_object(value: Any, parts: Parts) -> dict[str, Any]:
    kind: Any = type(value)
    name = type(value).__name__
    if name in ("XGBRegressor", "XGBClassifier"):
        key = f"booster_{len(parts.boosters)}.ubj"
        parts.boosters[key] = bytes(value.get_booster().save_raw("ubj"))
        return {"$xgboost": key, "kind": name}
    if _classes().get(name) is kind:
        state = {k: v for k, v in vars(value).items() if k not in value.get_params(deep=False)}
        return {
            "$object": name,
            "params": {k: pack(v, parts) for k, v in value.get_params(deep=False).items()},
            "state": {k: pack(v, parts) for k, v in state.items()},
        }
    if is_plain(value) and _all_plain(value):
        return {"$plain": name, "state": {k: pack(v, parts) for k, v in state_of(value).items()}}
    if isinstance(value, BaseEstimator) and type(value).__module__.startswith("sklearn."):
        key = f"e{len(parts.estimators)}"
        parts.estimators[key] = value
        return {"$sklearn": key}
    raise ModelFileError(
        f"a {type(value).__module__}.{name} cannot be written without pickle",
        remedy="use an algorithm of xgboost or scikit-learn",
    )


def _all_plain(value: Any) -> bool:
    """Whether the estimators within a scikit-learn object are of the listed classes, too: it is written as a whole."""
    if isinstance(value, (list, tuple)):
        return all(_all_plain(item) for item in value)
    if not type(value).__module__.startswith("sklearn."):
        return True
    return is_plain(value) and all(_all_plain(item) for item in vars(value).values())


def unpack(node: Any, parts: Parts) -> Any:  # noqa: C901, PLR0911 - one branch per kind of node
    """Rebuild what `pack` wrote.

    Raises
    ------
    ModelFileError
        The tree names an unknown class or a part that is not there.
    """
    if isinstance(node, list):
        return [unpack(item, parts) for item in node]
    if not isinstance(node, dict):
        return node
    try:
        if "$float" in node:
            return float(node["$float"])
        if "$dict" in node:
            return {unpack(k, parts): unpack(v, parts) for k, v in node["$dict"]}
        if "$tuple" in node:
            return tuple(unpack(item, parts) for item in node["$tuple"])
        if "$dtype" in node:
            return np.dtype(str(node["$dtype"]))
        if "$plain" in node:
            return rebuild(node["$plain"], {k: unpack(v, parts) for k, v in node["state"].items()})
        if "$names" in node:
            return np.array(node["$names"], dtype=object).reshape(node["shape"])
        if "$series" in node:
            return pd.Series(unpack(node["$series"], parts), index=node["index"])
        if "$array" in node:
            return parts.arrays[node["$array"]]
        if "$sklearn" in node:
            return parts.estimators[node["$sklearn"]]
        if "$xgboost" in node:
            return _unpack_xgboost(node["kind"], parts.boosters[node["$xgboost"]])
        return _unpack_object(node, parts)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"the manifest does not fit the files beside it: {error!r}") from error


def _unpack_object(node: dict[str, Any], parts: Parts) -> Any:
    kind = _classes()[node["$object"]]
    value = kind(**{k: unpack(v, parts) for k, v in node["params"].items()})
    for key, item in node["state"].items():
        setattr(value, key, unpack(item, parts))
    return value


def _unpack_xgboost(kind: str, raw: bytes) -> Any:
    import xgboost

    if kind not in ("XGBRegressor", "XGBClassifier"):
        raise ModelFileError(f"unknown booster kind {kind!r}")
    model = getattr(xgboost, kind)(n_jobs=1)
    model.load_model(bytearray(raw))
    return model
