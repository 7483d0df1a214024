"""Every figure of the project: each takes `ax` and returns it; without `ax` it shows itself in Jupyter."""

from perovex.figures.answer import plot_answer
from perovex.figures.associations import plot_associations, plot_modulus
from perovex.figures.axes import axes, figure
from perovex.figures.data import plot_distribution, plot_label_check, plot_moduli, plot_series
from perovex.figures.errors import (
    plot_coverage,
    plot_interactions,
    plot_parts,
    plot_residuals,
    plot_train_against_held_out,
    worst_crystals,
)
from perovex.figures.findings import (
    plot_adaptation_curve,
    plot_ale,
    plot_dendrogram,
    plot_family_importance,
    plot_ranking,
    plot_transfer_parity,
)
from perovex.figures.scores import (
    plot_learning_curve,
    plot_parity,
    plot_reliability,
    plot_scores,
    plot_scrambling,
)
from perovex.figures.screening import plot_pareto
from perovex.figures.shap_values import (
    plot_beeswarm,
    plot_decision,
    plot_dependence,
    plot_heatmap,
    plot_waterfall,
)
from perovex.figures.shapes import plot_shape
from perovex.figures.style import PALETTE, save_figure, style
from perovex.figures.tensor import plot_in_plane, plot_surface
from perovex.figures.tensor_cuts import plot_cut, plot_property_surface
from perovex.figures.tensor_interactive import interactive_surface
from perovex.figures.waterfall import plot_reasons

__all__ = [
    "PALETTE",
    "axes",
    "figure",
    "interactive_surface",
    "plot_adaptation_curve",
    "plot_ale",
    "plot_answer",
    "plot_associations",
    "plot_beeswarm",
    "plot_coverage",
    "plot_cut",
    "plot_decision",
    "plot_dendrogram",
    "plot_dependence",
    "plot_distribution",
    "plot_family_importance",
    "plot_heatmap",
    "plot_in_plane",
    "plot_interactions",
    "plot_label_check",
    "plot_learning_curve",
    "plot_moduli",
    "plot_modulus",
    "plot_pareto",
    "plot_parity",
    "plot_parts",
    "plot_property_surface",
    "plot_ranking",
    "plot_reasons",
    "plot_reliability",
    "plot_residuals",
    "plot_scores",
    "plot_scrambling",
    "plot_series",
    "plot_shape",
    "plot_surface",
    "plot_train_against_held_out",
    "plot_transfer_parity",
    "plot_waterfall",
    "save_figure",
    "style",
    "worst_crystals",
]
