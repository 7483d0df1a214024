"""JSON and HTML of results."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from perovex._json import json_safe
from perovex.explain.attribution.words import explanation_in_words, more_rows

if TYPE_CHECKING:
    import pandas as pd

    from perovex.explain.attribution.explanation import Explanation


def table_html(table: pd.DataFrame, caption: str, *, rows: int = 15) -> str:
    """Return a table with a caption, at most `rows` rows."""
    text = table.head(rows).to_html(float_format=lambda v: f"{v:.3g}", border=0, na_rep="")
    more = f"<p>{more_rows(len(table) - rows)}</p>" if len(table) > rows else ""
    return f"<figure><figcaption>{html.escape(caption)}</figcaption>{text}{more}</figure>"


def explanation_html(explanation: Explanation) -> str:
    """Return the notebook view of an explanation."""
    return table_html(explanation.importance(), explanation_in_words(explanation))


__all__ = ["explanation_html", "json_safe", "table_html"]
