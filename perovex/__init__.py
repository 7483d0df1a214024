"""perovex: explainable tabular machine learning for the mechanics of hybrid perovskites.

A crystal goes in, is perceived once, becomes a row of named numbers, and every model and explanation reads rows.
Names below are loaded when first used, so that ``import perovex`` stays fast.

Examples
--------
>>> import perovex
>>> round(perovex.stei("CCCCN"), 4)
1.1777
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PUBLIC = {
    "ElasticTensor": "perovex.elasticity",
    "HOIPFeaturizer": "perovex.descriptors",
    "LayeredPerovskite": "perovex.crystal",
    "ModelBundle": "perovex.learn",
    "PerovexError": "perovex.errors",
    "StiffnessClassifier": "perovex.learn",
    "YoungModulusRegressor": "perovex.learn",
    "build_layered": "perovex.building",
    "describe": "perovex.descriptors",
    "eccentricity": "perovex.descriptors",
    "evaluate": "perovex.learn",
    "load_elastic": "perovex.datasets",
    "load_model": "perovex.learn",
    "perceive": "perovex.crystal",
    "predict": "perovex.prediction",
    "predict_new": "perovex.prediction",
    "read": "perovex.crystal",
    "run_study": "perovex.study",
    "stei": "perovex.descriptors",
    "thicken": "perovex.building",
    "transfer_test": "perovex.explain",
    "tsei": "perovex.descriptors",
    "youngs_modulus": "perovex.elasticity",
}

__all__ = [
    "ElasticTensor",
    "HOIPFeaturizer",
    "LayeredPerovskite",
    "ModelBundle",
    "PerovexError",
    "StiffnessClassifier",
    "YoungModulusRegressor",
    "__version__",
    "build_layered",
    "describe",
    "eccentricity",
    "evaluate",
    "load_elastic",
    "load_model",
    "perceive",
    "predict",
    "predict_new",
    "read",
    "run_study",
    "stei",
    "thicken",
    "transfer_test",
    "tsei",
    "youngs_modulus",
]

if TYPE_CHECKING:
    from perovex.building import build_layered, thicken
    from perovex.crystal import LayeredPerovskite, perceive, read
    from perovex.datasets import load_elastic
    from perovex.descriptors import HOIPFeaturizer, describe, eccentricity, stei, tsei
    from perovex.elasticity import ElasticTensor, youngs_modulus
    from perovex.errors import PerovexError
    from perovex.explain import transfer_test
    from perovex.learn import ModelBundle, StiffnessClassifier, YoungModulusRegressor, evaluate, load_model
    from perovex.prediction import predict, predict_new
    from perovex.study import run_study


def __getattr__(name: str) -> Any:
    try:
        module = _PUBLIC[name]
    except KeyError:
        raise AttributeError(f"module 'perovex' has no attribute {name!r}") from None
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value  # next time without this function
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
