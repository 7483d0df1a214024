"""Figures (matplotlib, Axes in and out) and the self-contained HTML report."""

from perovex.figures.style import PALETTE, figure, save_figure, style
from perovex.report.document import Document, Section, render_table

__all__ = ["PALETTE", "Document", "Section", "figure", "render_table", "save_figure", "style"]
