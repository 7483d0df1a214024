"""Figures of explanations: each takes `ax` and returns it, and touches no global state of matplotlib."""

from perovex.figures.findings import (
    plot_ale,
    plot_dendrogram,
    plot_family_importance,
    plot_learning_curve,
    plot_ranking,
    plot_transfer_parity,
)
from perovex.figures.shap_values import (
    plot_beeswarm,
    plot_decision,
    plot_dependence,
    plot_heatmap,
    plot_waterfall,
)

__all__ = [
    "plot_ale",
    "plot_beeswarm",
    "plot_decision",
    "plot_dendrogram",
    "plot_dependence",
    "plot_family_importance",
    "plot_heatmap",
    "plot_learning_curve",
    "plot_ranking",
    "plot_transfer_parity",
    "plot_waterfall",
]
