"""Labels that were made again from the relaxed crystals of an earlier release: where they began stays on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def keep_beginnings(table: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Give labels that replace one of the same name its parent, its stacking and the whole change of volume.

    A label that is made from a relaxed crystal would otherwise say that it began there, and changed by nothing.

    Parameters
    ----------
    table : DataFrame
        New labels, with ``label_id``, ``parent``, ``parent_stacking`` and ``volume_change`` (%).
    old : DataFrame
        Labels of the release whose relaxed crystals they were made from, indexed by ``label_id``.

    Returns
    -------
    DataFrame
        A copy; labels that replace none stay as they are.

    Examples
    --------
    >>> import pandas as pd
    >>> old = pd.DataFrame(
    ...     {"parent": ["a.cif"], "parent_stacking": ["staggered"], "volume_change": [10.0]}, index=["a@p"]
    ... )
    >>> new = pd.DataFrame(
    ...     {"label_id": ["a@p"], "parent": ["relaxed.cif"], "parent_stacking": [""], "volume_change": [1.0]}
    ... )
    >>> kept = keep_beginnings(new, old).iloc[0]
    >>> kept["parent"], round(float(kept["volume_change"]), 6)
    ('a.cif', 11.1)
    """
    kept = table.copy()
    before = old.reindex(table["label_id"]).set_axis(table.index)
    replaces = table["label_id"].isin(old.index)
    for column in ("parent", "parent_stacking"):
        kept[column] = before[column].where(replaces, table[column])
    growth = (1 + before["volume_change"] / 100) * (1 + table["volume_change"] / 100)
    kept["volume_change"] = (100 * (growth - 1)).where(replaces, table["volume_change"])
    return kept
