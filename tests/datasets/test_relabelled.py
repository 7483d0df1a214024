"""Labels made again keep where the crystal began, and only they."""

import pandas as pd
import pytest

from perovex.datasets.relabelled import keep_beginnings

OLD = pd.DataFrame(
    {"parent": ["a.cif", "b.cif"], "parent_stacking": ["eclipsed", None], "volume_change": [-4.0, float("nan")]},
    index=["a@p", "b@p"],
)


def new(label, change=1.0):
    columns = {"parent": ["relaxed.cif"], "parent_stacking": ["staggered"], "volume_change": [change]}
    return pd.DataFrame({"label_id": [label], **columns})


def test_changes_of_volume_follow_one_another():
    table = new("a@p")
    kept = keep_beginnings(table, OLD).iloc[0]
    assert (kept["parent"], kept["parent_stacking"]) == ("a.cif", "eclipsed")
    assert kept["volume_change"] == pytest.approx(100 * (0.96 * 1.01 - 1))
    assert table.loc[0, "parent"] == "relaxed.cif"


def test_what_the_old_label_does_not_say_stays_unsaid():
    kept = keep_beginnings(new("b@p"), OLD).iloc[0]
    assert kept["parent"] == "b.cif"
    assert pd.isna(kept["parent_stacking"])
    assert pd.isna(kept["volume_change"])


@pytest.mark.parametrize("label", ["c@p", "a@other potential"])
def test_a_label_that_replaces_none_stays(label):
    pd.testing.assert_frame_equal(keep_beginnings(new(label), OLD), new(label))
