"""Stiffness of crystals that are not in the data: from a structure, or from a spacer, metal, halide and n."""

from typing import TYPE_CHECKING

from perovex._later import import_later
from perovex.prediction.crystals import predict
from perovex.prediction.models import choose_models, default_models, load_models
from perovex.prediction.words import built_warning

if TYPE_CHECKING:
    from perovex.prediction.built import predict_compounds, predict_new, start_crystal
    from perovex.prediction.explaining import explain_prediction
    from perovex.prediction.reasons import Reasons
    from perovex.prediction.relatives import from_relatives

__all__ = [
    "Reasons",
    "built_warning",
    "choose_models",
    "default_models",
    "explain_prediction",
    "from_relatives",
    "load_models",
    "predict",
    "predict_compounds",
    "predict_new",
    "start_crystal",
]

# Builders, data and SHAP are not needed to predict from a file, and take longer to import than that takes.
__getattr__ = import_later(
    __name__,
    {
        "Reasons": "reasons",
        "explain_prediction": "explaining",
        "from_relatives": "relatives",
        "predict_compounds": "built",
        "predict_new": "built",
        "start_crystal": "built",
    },
)


def __dir__() -> list[str]:
    return __all__
