"""Which crystals resemble which: the nearest ones in the space in which the applicability domain is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from perovex.learn import ApplicabilityDomain

if TYPE_CHECKING:
    from perovex.study.tables import StudyTables

COLUMNS = ["crystal_id", "rank", "neighbour", "distance", "same_group"]
_NEIGHBOURS = 3


def nearest_crystals(tables: StudyTables) -> pd.DataFrame:
    """Return the three nearest other crystals of each crystal.

    Parameters
    ----------
    tables : StudyTables

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: distance in standardised descriptors weighted against redundancy (see `ApplicabilityDomain`),
        and whether both are of one group; then the values of the neighbour.
    """
    space = ApplicabilityDomain(max_rows=max(3, len(tables.X))).fit(tables.X, groups=tables.groups).train_
    count = min(_NEIGHBOURS, len(space) - 1)
    distance, place = NearestNeighbors(n_neighbors=count).fit(space).kneighbors()  # never the crystal itself
    names, groups = tables.X.index.to_numpy(), tables.groups.to_numpy()
    own = np.repeat(np.arange(len(names)), count)
    other = place.ravel()
    table = pd.DataFrame(
        {
            "crystal_id": names[own],
            "rank": np.tile(np.arange(1, count + 1), len(names)),
            "neighbour": names[other],
            "distance": distance.ravel(),
            "same_group": groups[own] == groups[other],
        }
    )
    return table.join(tables.values.set_axis(range(len(names))).iloc[other].reset_index(drop=True))
