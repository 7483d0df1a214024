"""Figures (matplotlib, Axes in and out) and the self-contained HTML report."""

from perovex.report.document import Document, Section, render_table
from perovex.report.style import PALETTE, figure, save_figure, style

__all__ = ["PALETTE", "Document", "Section", "figure", "render_table", "save_figure", "style"]
