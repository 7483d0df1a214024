"""Models of stiffness over descriptor tables: estimators, validation, uncertainty, domain, model files."""

from typing import TYPE_CHECKING

from perovex._later import import_later
from perovex.learn.bundle.bundle import ModelBundle
from perovex.learn.bundle.card import card_html, card_markdown
from perovex.learn.bundle.folder import load_model, read_manifest, save_model
from perovex.learn.estimators.classifier import StiffnessClassifier
from perovex.learn.estimators.regressor import YoungModulusRegressor
from perovex.learn.metrics import score
from perovex.learn.provenance import environment, table_checksum
from perovex.learn.threshold import resolve_threshold, stiff_labels
from perovex.learn.uncertainty.calibration import (
    ProbabilityCalibrator,
    choose_calibration,
    expected_calibration_error,
    reliability_table,
)
from perovex.learn.uncertainty.domain import ApplicabilityDomain, domain_errors
from perovex.learn.uncertainty.intervals import ConformalRegressor, coverage_table

if TYPE_CHECKING:
    from perovex.learn.estimators.process import ProcessRegressor
    from perovex.learn.estimators.selection import DescriptorSelector
    from perovex.learn.estimators.small import ForwardSelection, formula, formula_text, small_model
    from perovex.learn.splits import clusters, folds_for
    from perovex.learn.uncertainty.scatter import error_ranking, model_scatter
    from perovex.learn.validation.ablation import ablation
    from perovex.learn.validation.evaluation import evaluate, noise_floor
    from perovex.learn.validation.learning_curve import LearningCurve, learning_curve
    from perovex.learn.validation.result import Evaluation
    from perovex.learn.validation.scrambling import Scrambling, shuffle_target, y_scrambling
    from perovex.learn.validation.search import TunedModel, xgboost_space

__all__ = [
    "ApplicabilityDomain",
    "ConformalRegressor",
    "DescriptorSelector",
    "Evaluation",
    "ForwardSelection",
    "LearningCurve",
    "ModelBundle",
    "ProbabilityCalibrator",
    "ProcessRegressor",
    "Scrambling",
    "StiffnessClassifier",
    "TunedModel",
    "YoungModulusRegressor",
    "ablation",
    "card_html",
    "card_markdown",
    "choose_calibration",
    "clusters",
    "coverage_table",
    "domain_errors",
    "environment",
    "error_ranking",
    "evaluate",
    "expected_calibration_error",
    "folds_for",
    "formula",
    "formula_text",
    "learning_curve",
    "load_model",
    "model_scatter",
    "noise_floor",
    "read_manifest",
    "reliability_table",
    "resolve_threshold",
    "save_model",
    "score",
    "shuffle_target",
    "small_model",
    "stiff_labels",
    "table_checksum",
    "xgboost_space",
    "y_scrambling",
]

# Validation and the parts that only it and training need import half of scikit-learn; to predict takes none of them.
__getattr__ = import_later(
    __name__,
    {
        "DescriptorSelector": "estimators.selection",
        "Evaluation": "validation.result",
        "ForwardSelection": "estimators.small",
        "LearningCurve": "validation.learning_curve",
        "ProcessRegressor": "estimators.process",
        "Scrambling": "validation.scrambling",
        "TunedModel": "validation.search",
        "ablation": "validation.ablation",
        "clusters": "splits",
        "error_ranking": "uncertainty.scatter",
        "evaluate": "validation.evaluation",
        "folds_for": "splits",
        "formula": "estimators.small",
        "formula_text": "estimators.small",
        "learning_curve": "validation.learning_curve",
        "model_scatter": "uncertainty.scatter",
        "noise_floor": "validation.evaluation",
        "shuffle_target": "validation.scrambling",
        "small_model": "estimators.small",
        "xgboost_space": "validation.search",
        "y_scrambling": "validation.scrambling",
    },
)


def __dir__() -> list[str]:
    return __all__
