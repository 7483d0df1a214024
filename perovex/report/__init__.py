"""The self-contained HTML report: sections, tables, and every word for people."""

from perovex.report.document import Document, Section, render_table

__all__ = ["Document", "Section", "render_table"]
