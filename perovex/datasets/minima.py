"""A data release as the start of a search for minima."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perovex._progress import progress_bar
from perovex.crystal import perceive
from perovex.errors import PerovexError
from perovex.minima import Compound, Start

if TYPE_CHECKING:
    from perovex.datasets.elastic import ElasticData


def starts_of(data: ElasticData, *, progress: bool = False) -> list[Start]:
    """Relaxed crystals of a release as starts of a search, named as in the release.

    Labels that were rejected for their tensor have a crystal, too; what is no perovskite any more is left out.

    Parameters
    ----------
    data : ElasticData
        As loaded, for one potential.
    progress : bool
        Show a progress bar on stderr: a release of 900 labels takes some five seconds.

    Returns
    -------
    list of Start
    """
    rows = data.labels[data.labels["potential"] == data.potential]
    starts = []
    bar = progress_bar(rows.iterrows(), total=len(rows), desc="starts", unit="crystal", shown=progress, leave=False)
    for label, row in bar:
        try:
            structure = data.structure(str(label))
            compound = Compound.of(perceive(structure))
        except PerovexError:
            continue
        starts.append(Start(str(row["crystal_id"]), structure, compound, str(row["origin"])))
    return starts
