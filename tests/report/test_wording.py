"""Names of columns in words."""

import pandas as pd

from perovex.report.wording import in_words


def test_names_become_words_and_units_stand_in_brackets():
    table = pd.DataFrame({"tilt_mean_deg": [1.0], "E_in_plane": [2.0], "auc": [0.9], 3: [0.0]})
    assert in_words(table.rename_axis("crystal_id")).columns.tolist() == ["tilt mean (deg)", "E_in_plane", "ROC-AUC", 3]
    assert in_words(table.rename_axis("crystal_id")).index.name == "crystal"
    assert table.columns[0] == "tilt_mean_deg"  # the caller's own stays
