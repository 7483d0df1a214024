"""Stiffness of crystals that are not in the data: from a structure, or from a spacer, metal, halide and n."""

from perovex.prediction.built import predict_compounds, predict_new
from perovex.prediction.crystals import predict
from perovex.prediction.explaining import Reasons, explain_prediction
from perovex.prediction.models import built_warning, choose_models, default_models, load_models

__all__ = [
    "Reasons",
    "built_warning",
    "choose_models",
    "default_models",
    "explain_prediction",
    "load_models",
    "predict",
    "predict_compounds",
    "predict_new",
]
