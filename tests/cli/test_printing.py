"""Tables as people read them: no wider than a terminal, with units, nothing cut off."""

from __future__ import annotations

import pandas as pd

from perovex.cli.tables import plain


def test_wide_tables_go_on_below_and_long_text_is_wrapped():
    wide = pd.DataFrame({f"column_{i}_percent": [1.0, 2.0] for i in range(12)}, index=["one", "two"])
    text = plain(wide)
    assert max(map(len, text.splitlines())) <= 80
    assert all(f"column {i} (%)" in text for i in range(12))
    reason = "a long reason that no column of a terminal can hold and that nobody may cut short"
    text = plain(pd.DataFrame({"labels": [2]}, index=[reason]))
    assert max(map(len, text.splitlines())) <= 80
    assert " ".join(text.split()) == f"{reason}: 2 labels"
