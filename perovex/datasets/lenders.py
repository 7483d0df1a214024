"""Crystals that come with the package and lend their patterns to compounds whose minima are searched."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from perovex._progress import progress_bar
from perovex.datasets.relatives import known_crystals, like_crystals, origin_of
from perovex.minima import Compound, Start
from perovex.minima.strategies.borrowed import N_ALIKE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perovex.crystal import LayeredPerovskite


def lenders_for(compounds: Iterable[Compound], *, progress: bool = False) -> list[Start]:
    """Return the known crystals that lend their patterns: of the same spacer, and of the most alike other ones.

    Parameters
    ----------
    compounds : iterable of Compound
        Those whose minima are wanted; 3D networks and mixtures of spacers get none.
    progress : bool
        Show a progress bar on stderr: all 550 compounds of a release take a quarter of a minute.

    Returns
    -------
    list of Start
        For `perovex.minima.search_minima`, each crystal once: every known one of a spacer, and of the three most alike
        spacers the lowest of the compound with this metal and n, with this halide if there is one.

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import layered
    >>> compound = Compound.of(perceive(layered(n=1, spacer="MA")))
    >>> lenders = lenders_for([compound])
    >>> {lender.compound.n_layers for lender in lenders}
    {1.0}
    """
    lenders: dict[str, Start] = {}
    for compound in progress_bar(compounds, desc="lenders", unit="compound", shown=progress, leave=False):
        for crystal in _crystals(compound):
            name = crystal.source or ""
            if name not in lenders:
                lenders[name] = Start(name, crystal.structure, Compound.of(crystal), origin_of(name))
    return list(lenders.values())


def _crystals(compound: Compound) -> list[LayeredPerovskite]:
    """Return the known crystals that lend patterns to one compound."""
    if not compound.spacers or "." in compound.spacers:
        return []
    own = list(known_crystals(compound.spacers))
    if "." in compound.metals + compound.halides + compound.cages:
        return own
    alike = like_crystals(
        compound.spacers, compound.metals, compound.halides, int(compound.n_layers), compound.cages or None
    )
    return own + list(islice(alike, N_ALIKE))
