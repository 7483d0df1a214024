"""The self-contained HTML report: sections, tables, and every word for people."""

from perovex.report.document import Document, Section, render_table
from perovex.report.saved import read_report, render_report, save_report

__all__ = ["Document", "Section", "read_report", "render_report", "render_table", "save_report"]
