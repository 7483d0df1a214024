"""JSON and HTML of results."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from perovex.explain.explanation import Explanation


def json_safe(value: Any) -> Any:
    """Return a copy that `json.dumps(..., allow_nan=False)` accepts: NaN becomes None, infinity a word."""
    if isinstance(value, pd.DataFrame):
        value = value.to_dict(orient="records")
    if isinstance(value, (dict, pd.Series)):
        return {str(k): json_safe(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, pd.Index, np.ndarray)):
        return [json_safe(v) for v in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, (np.bool_, bool)):
        return bool(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        words = "inf" if number > 0 else "-inf"
        return None if math.isnan(number) else number if math.isfinite(number) else words
    if isinstance(value, np.integer):
        return int(value)
    return value if value is None or isinstance(value, (int, str)) else str(value)


def table_html(table: pd.DataFrame, caption: str, *, rows: int = 15) -> str:
    """Return a table with a caption, at most `rows` rows."""
    text = table.head(rows).to_html(float_format=lambda v: f"{v:.3g}", border=0, na_rep="")
    more = f"<p>{len(table) - rows} more rows</p>" if len(table) > rows else ""
    return f"<figure><figcaption>{html.escape(caption)}</figcaption>{text}{more}</figure>"


def explanation_html(explanation: Explanation) -> str:
    """Return the notebook view of an explanation."""
    task = "classifier" if explanation.problem.classifier else "regressor"
    head = (
        f"{explanation.n_rows} crystals in {explanation.n_groups} groups, {task}, "
        f"{len(explanation.folds)} models, values in {explanation.unit}, held-out rows only. "
        f"{explanation.skill.sentence()}"
    )
    if "ranking" in explanation._cache:  # noqa: SLF001 -- the view must not start a computation
        return table_html(explanation.ranking.table, f"{head} Ranks with intervals over groups and seeds.")
    return table_html(explanation.importance(), head)
