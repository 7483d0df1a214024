"""Stiffness of compounds that have no structure yet: made from a known relative, or built and averaged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from joblib import delayed

from perovex._progress import progress_bar
from perovex._seeds import seeds_of_builds
from perovex._workers import workers
from perovex.building import build_layered
from perovex.building.compound import Compound
from perovex.building.lengths import metal_radius
from perovex.descriptors.batch import Described, describe_item
from perovex.errors import BuildError, PerovexError
from perovex.prediction.averaging import predict_averaged
from perovex.prediction.crystals import add_reasons
from perovex.prediction.models import load_models
from perovex.prediction.relatives import from_relatives, patterns_of_like_spacers, patterns_of_relatives
from perovex.prediction.relaxing import relax_by_potential, require_potential

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pymatgen.core import Structure

    from perovex.learn import ModelBundle

#: Crystals that are built of one compound; they differ in how the cations are packed.
N_BUILDS = 4
#: Where the geometry comes from: known crystals of the spacer, else half of the builds from known crystals of like
#: spacers and the rest from nothing; known crystals of the spacer, else nothing; always nothing.
Start = Literal["known", "same_spacer", "scratch"]


def predict_new(  # noqa: PLR0913 - the crystal's own parameters
    spacer: str | Sequence[str],
    *,
    metal: str = "Pb",
    halide: str = "I",
    n: int = 1,
    cage: str = "MA",
    stacking: str | None = None,
    start: Start = "known",
    relax: bool | str = False,
    n_builds: int = N_BUILDS,
    models: str | Path | ModelBundle | None = None,
    moduli: str | None = None,
    explain: bool = False,
    random_state: int = 0,
    n_jobs: int = 1,
    progress: bool = False,
) -> pd.DataFrame:
    """Build crystals from spacer and composition and predict their stiffness.

    Where a crystal of the same spacer is known, with another halide, metal or n, the compound is made from it
    (`perovex.building.from_known`), from its lowest minimum if that was searched. All others are made several times and
    the predictions averaged: half of the crystals from the lowest minima of the most alike other spacers, their cations
    exchanged (`perovex.building.exchange_spacers`), where such are known with this metal and n, the rest from nothing
    (`perovex.building.build_layered`); along the normal the two err in opposite directions. Either geometry is a guess
    that the intervals of the models do not include; the column ``warnings`` says how much that guess moves predictions.
    With `relax` a compound is made from up to `n_builds` of its relatives, or of like spacers and from nothing, all are
    relaxed, and the lowest in energy counts: nearer to the compound's own crystal, and much nearer where relatives are
    known.

    Parameters
    ----------
    spacer : str or sequence of str
        SMILES of the spacer cation, charges written out; equal cations give equal answers however they are spelled.
        Of several each has a row, and one that cannot be built has its error there.
    metal : str
        Element, in any case.
    halide : str
        Element in any case, or a mixture: shares such as ``"Br0.5I0.5"``, spread anew for every build, or a halide for
        each position, such as ``"axial=Br,equatorial=I"``. The models never saw mixtures, and say so.
    n : int
        Sheets per slab.
    cage : {"MA", "FA", "GA", "Cs", "Rb"}
        Cage cation for n > 1.
    stacking : {"staggered", "eclipsed"}, optional
        How slabs lie on each other; default staggered for spacers with one, eclipsed for those with two ammonium
        groups.
    start : {"known", "same_spacer", "scratch"}
        Begin with known crystals of the same spacer, else of like ones (``known``); leave out like spacers
        (``same_spacer``); or build from nothing whatever is known (``scratch``).
    relax : bool or str
        Relax the built crystals with the potential of the labels (minutes; ``perovex doctor`` says how to
        install it), or with the one of this name.
    n_builds : int
        Crystals to make of each compound without a known relative; with `relax` as many at most are made of relatives.
    models : path or ModelBundle, optional
        As in `predict`.
    moduli : {"relaxed", "soft_frozen"}, optional
        As in `predict`.
    explain : bool
        As in `predict`; contributions are averaged over the builds, as the predictions are.
    random_state : int
        Seed of the trial arrangements; the first build is that of `build_layered` with this seed.
    n_jobs : int
        Processes.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    DataFrame
        A row for each spacer, as `predict` gives it, with ``builds`` (how many were averaged, one of those that were
        relaxed) and the smallest and largest prediction among them (``<target>_min_of_builds``,
        ``<target>_max_of_builds``).

    Raises
    ------
    SmilesError, BuildError
        If the only spacer cannot be read, no crystal can be built, or none survives relaxation.
    LabelError
        If `relax` is asked for and the potential cannot be loaded.

    Examples
    --------
    >>> row = predict_new("CCCC[NH3+]", metal="Sn").iloc[0]
    >>> bool(row["E_in_plane"] > 0), any("Sn for Pb, not relaxed" in text for text in row["warnings"])
    (True, True)
    """
    compounds: list[Compound | PerovexError]
    if isinstance(spacer, str):
        compounds, on_error = [Compound.read(spacer, metal, halide, n, cage, stacking)], "raise"
    else:
        compounds, on_error = [_read(smiles, metal, halide, n, cage, stacking) for smiles in spacer], "row"
    table = predict_compounds(
        compounds, start=start, relax=relax, n_builds=n_builds, models=models, moduli=moduli, explain=explain,
        random_state=random_state, n_jobs=n_jobs, progress=progress, on_error=on_error,
    )  # fmt: skip
    if not isinstance(spacer, str):
        table.index = pd.Index([str(smiles) for smiles in spacer], name="crystal")
    return table


def _read(spacer: str, *composition: Any) -> Compound | PerovexError:
    """Read a compound, or return the error."""
    try:
        return Compound.read(spacer, *composition)
    except PerovexError as error:
        return error


def predict_compounds(  # noqa: PLR0913 - how to build, and with what to predict
    compounds: Sequence[Compound | PerovexError],
    *,
    start: Start = "known",
    relax: bool | str = False,
    n_builds: int = N_BUILDS,
    models: str | Path | ModelBundle | None = None,
    moduli: str | None = None,
    explain: bool = False,
    random_state: int = 0,
    n_jobs: int = 1,
    progress: bool = False,
    on_error: str = "row",
) -> pd.DataFrame:
    """Build compounds and predict their stiffness, one row each.

    Parameters
    ----------
    compounds : sequence of Compound or PerovexError
        As `perovex.building.compound.read_compounds` gives them; an error costs its row.
    start, relax, n_builds, models, moduli, explain, random_state, n_jobs, progress
        As in `predict_new`.
    on_error : {"row", "raise"}
        What a compound that cannot be built does.

    Returns
    -------
    DataFrame
        As in `predict_new`.

    Raises
    ------
    BuildError
        If `n_builds` is below one.
    """
    if n_builds < 1:
        raise BuildError(f"n_builds = {n_builds}: at least one crystal has to be built")
    if relax:
        require_potential(_potential_of(relax))
    bundle = load_models(models, moduli)
    n_patterns = n_builds if relax else 1
    rows, plan = _plan(compounds, start, n_patterns, n_builds, random_state)
    work = workers(n_jobs, return_as="generator")(
        delayed(build_and_describe)(trial.compound, trial.seed, relax, keep=explain, made=trial.made)
        for _, trial in plan
    )
    crystals = progress_bar(work, total=len(plan), desc="build and describe", unit="crystal", shown=progress)
    for (number, _), crystal in zip(plan, crystals, strict=True):
        rows[number].append(crystal)
    rows = [
        crystals if _has_random_halides(compound) else _lowest_of_relaxed(crystals)
        for compound, crystals in zip(compounds, rows, strict=True)
    ]
    if on_error == "raise":
        _raise_first_failure(rows)
    names = pd.Index([getattr(compound, "source", None) or str(compound) for compound in compounds], name="crystal")
    table = predict_averaged(rows, names, bundle)
    if explain:
        table = add_reasons(table, rows, bundle, progress=progress)
    return table


def _raise_first_failure(rows: Sequence[Sequence[Described]]) -> None:
    """Raise the error of the first compound of which no crystal could be built."""
    for crystals in rows:
        if all(crystal.error for crystal in crystals):
            error = crystals[0].error
            assert error is not None
            raise error


@dataclass(frozen=True)
class _Trial:
    """One crystal to predict from: made from a known relative, or to be built with a seed."""

    compound: Compound
    seed: int = 0
    made: Structure | None = None


def _plan(
    compounds: Sequence[Compound | PerovexError], start: Start, n_patterns: int, n_builds: int, random_state: int
) -> tuple[list[list[Described]], list[tuple[int, _Trial]]]:
    """Return a row of crystals for each compound, still empty but for errors, and what to build for which row."""
    rows: list[list[Described]] = []
    plan: list[tuple[int, _Trial]] = []
    for number, compound in enumerate(map(_buildable, compounds)):
        if isinstance(compound, PerovexError):
            rows.append([Described(error=compound)])
        else:
            rows.append([])
            trials = _trials(compound, start, n_patterns, n_builds, random_state)
            plan += [(number, trial) for trial in trials]
    return rows, plan


def _buildable(compound: Compound | PerovexError) -> Compound | PerovexError:
    """Return the compound, or the error where no crystal has its metal: before the known crystals are read."""
    if isinstance(compound, PerovexError):
        return compound
    try:
        metal_radius(compound.metal)
    except BuildError as error:
        return error
    return compound


def _trials(compound: Compound, start: Start, n_patterns: int, n_builds: int, random_state: int) -> list[_Trial]:
    """Return what to build of a compound: from known relatives, else from like spacers and nothing."""
    seeds = seeds_of_builds(random_state, n_builds)
    if start != "scratch":
        if _has_random_halides(compound):  # the nearest relative, its halides spread anew each time
            made = [(seed, crystal) for seed in seeds for crystal in patterns_of_relatives(compound, seed, most=1)]
        else:
            made = [(seeds[0], crystal) for crystal in patterns_of_relatives(compound, seeds[0], most=n_patterns)]
        if made:
            return [_Trial(compound, seed, crystal) for seed, crystal in made]
    like: list[Structure] = []
    if start == "known":
        like = patterns_of_like_spacers(compound, random_state, most=n_builds // 2)
    from_nothing = [_Trial(compound, seed) for seed in seeds[: n_builds - len(like)]]
    return from_nothing + [_Trial(compound, random_state, crystal) for crystal in like]


def _has_random_halides(compound: Compound | PerovexError) -> bool:
    return isinstance(compound, Compound) and compound.halides.mixed and not compound.halides.placed


def _lowest_of_relaxed(crystals: list[Described]) -> list[Described]:
    """Of several crystals of a compound that were relaxed keep the lowest in energy; any others as they are."""
    sound = [crystal for crystal in crystals if crystal.error is None]
    if len(sound) < 2 or not all("relaxation" in crystal.origin for crystal in sound):
        return crystals
    lowest = min(sound, key=lambda crystal: float(crystal.origin["relaxation"]["energy_per_atom"]))
    of_like = sum(bool(crystal.origin.get("build", {}).get("like")) for crystal in sound)
    build = lowest.origin.get("build", {}) | {"lowest_of": len(sound), "of_like_spacers": of_like}
    return [replace(lowest, origin=lowest.origin | {"build": build})]


def start_crystal(compound: Compound, random_state: int = 0) -> Structure:
    """Make a compound from the nearest known crystal of its spacer, or build it where none is known.

    Parameters
    ----------
    compound : Compound
    random_state : int
        Seed of the trial arrangements, and of halides that stand at random.

    Returns
    -------
    pymatgen.core.Structure
        ``properties["build"]["from"]`` names the relative, if it was made from one.

    Raises
    ------
    SmilesError, BuildError
        If it cannot be built.

    Examples
    --------
    >>> start_crystal(Compound.read("CCCC[NH3+]", metal="Sn")).properties["build"]["steps"]
    'Sn for Pb'
    """
    return from_relatives(compound, random_state) or _build(compound, random_state)


def _build(compound: Compound, seed: int) -> Structure:
    """Build a crystal of a compound from nothing."""
    return build_layered(
        compound.spacer, compound.metal, compound.halide, compound.n, compound.cage, compound.stacking,
        random_state=seed,
    )  # fmt: skip


def _potential_of(relax: bool | str) -> str:
    """Return the name of the potential that is asked for; empty for that of the labels."""
    return relax if isinstance(relax, str) else ""


def build_and_describe(
    compound: Compound, seed: int, relax: bool | str = False, *, keep: bool = False, made: Structure | None = None
) -> Described:
    """Build one crystal of a compound unless it is made already, relax it where asked, and describe it.

    Parameters
    ----------
    compound : Compound
    seed : int
        Of the trial arrangements.
    relax : bool or str
        As in `predict_new`.
    keep : bool
        Keep the crystal, too.
    made : Structure, optional
        The crystal, where it was made from a known relative.

    Returns
    -------
    Described
        With its error where it cannot be built.
    """
    try:
        crystal = made or _build(compound, seed)
        if relax:
            crystal = relax_by_potential(crystal, _potential_of(relax))
    except PerovexError as error:
        return Described(error=error)
    return describe_item(crystal, keep=keep, framed=True)
