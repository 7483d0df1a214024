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

from typing import TYPE_CHECKING

from perovex._later import import_later

__version__ = "0.1.0"

_PUBLIC = {
    "ElasticTensor": "elasticity",
    "HOIPFeaturizer": "descriptors",
    "LayeredPerovskite": "crystal",
    "ModelBundle": "learn",
    "PerovexError": "errors",
    "StiffnessClassifier": "learn",
    "YoungModulusRegressor": "learn",
    "build_layered": "building",
    "describe": "descriptors",
    "eccentricity": "descriptors",
    "evaluate": "learn",
    "load_elastic": "datasets",
    "load_model": "learn",
    "perceive": "crystal",
    "predict": "prediction",
    "predict_new": "prediction",
    "read": "crystal",
    "run_study": "study",
    "search_minima": "minima",
    "stei": "descriptors",
    "thicken": "building",
    "transfer_test": "explain",
    "tsei": "descriptors",
    "youngs_modulus": "elasticity",
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
    "search_minima",
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
    from perovex.minima import search_minima
    from perovex.prediction import predict, predict_new
    from perovex.study import run_study


__getattr__ = import_later(__name__, _PUBLIC)


def __dir__() -> list[str]:
    return sorted(__all__)
