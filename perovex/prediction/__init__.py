"""Stiffness of crystals that are not in the data: from a structure, or from a spacer, metal, halide and n."""

from perovex.prediction.crystals import built_warning, choose_models, default_models, predict, predict_new

__all__ = ["built_warning", "choose_models", "default_models", "predict", "predict_new"]
