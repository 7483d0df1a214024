"""Stiffness of compounds that have no structure yet: made from a known relative, or built and averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from joblib import delayed

from perovex._progress import progress_bar
from perovex._seeds import seed_for
from perovex._workers import workers
from perovex.building import build_layered, from_known
from perovex.building.cation import CAGE_SMILES
from perovex.building.compound import Compound
from perovex.datasets.relatives import known_crystals
from perovex.descriptors.batch import Described, describe_item
from perovex.errors import BuildError, PerovexError
from perovex.prediction.crystals import add_reasons, predict_described
from perovex.prediction.models import load_models
from perovex.prediction.relaxing import relax_by_potential, require_potential
from perovex.prediction.words import of_crystal, of_prediction, probability_column, spread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pymatgen.core import Structure

    from perovex.learn import ModelBundle

#: Crystals that are built of one compound; they differ in how the cations are packed.
N_BUILDS = 4
#: Where the geometry comes from.
Start = Literal["known", "scratch"]


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
    (`perovex.building.from_known`), from its lowest minimum if that was searched. All others are built by
    `perovex.building.build_layered`, several times each, and the predictions averaged. Either geometry is a guess that
    the intervals of the models do not include; the column ``warnings`` says how much that guess moves predictions.
    Relaxation makes a crystal of the potential out of a built one, but not always the known one, and did not bring
    predictions nearer.

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
    start : {"known", "scratch"}
        Begin with a known relative where there is one, or always build from nothing.
    relax : bool or str
        Relax the built crystals with the potential of the labels (minutes; ``perovex doctor`` says how to
        install it), or with the one of this name.
    n_builds : int
        Crystals to build of each compound.
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
        A row for each spacer, as `predict` gives it, with ``builds`` (how many were averaged) and the smallest and
        largest prediction among them (``<target>_min_of_builds``, ``<target>_max_of_builds``).

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
    several = not isinstance(spacer, str)
    compounds: list[Compound | PerovexError]
    if isinstance(spacer, str):
        compounds = [Compound.read(spacer, metal, halide, n, cage, stacking)]
    else:
        compounds = [_read(one, metal, halide, n, cage, stacking) for one in spacer]
    table = predict_compounds(
        compounds, start=start, relax=relax, n_builds=n_builds, models=models, moduli=moduli, explain=explain,
        random_state=random_state, n_jobs=n_jobs, progress=progress, on_error="row" if several else "raise",
    )  # fmt: skip
    if several:
        table.index = pd.Index([str(one) for one in spacer], name="crystal")
    return table


def _read(spacer: str, *composition: Any) -> Compound | PerovexError:
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
        require_potential(relax if isinstance(relax, str) else "")
    bundle = load_models(models, moduli)
    plan = [
        (number, trial)
        for number, compound in enumerate(compounds)
        if isinstance(compound, Compound)
        for trial in _trials(compound, start, n_builds, random_state)
    ]
    work = workers(n_jobs, return_as="generator")(
        delayed(build_and_describe)(trial.compound, trial.seed, relax, keep=explain, made=trial.made)
        for _, trial in plan
    )
    built: dict[int, list[Described]] = {}
    bar = progress_bar(work, total=len(plan), desc="build and describe", unit="crystal", shown=progress)
    for (number, _), crystal in zip(plan, bar, strict=True):
        built.setdefault(number, []).append(crystal)
    rows = [
        [Described(error=compound)] if isinstance(compound, PerovexError) else built[number]
        for number, compound in enumerate(compounds)
    ]
    if on_error == "raise":
        failed = next((crystals[0].error for crystals in rows if all(crystal.error for crystal in crystals)), None)
        if failed is not None:
            raise failed
    names = pd.Index([getattr(compound, "source", None) or str(compound) for compound in compounds], name="crystal")
    table = _predict_averaged(rows, names, bundle)
    return add_reasons(table, rows, bundle, progress=progress) if explain else table


@dataclass(frozen=True)
class _Trial:
    """One crystal to predict from: made from a known relative, or to be built with a seed."""

    compound: Compound
    seed: int = 0
    made: Structure | None = None


def _trials(compound: Compound, start: Start, n_builds: int, random_state: int) -> list[_Trial]:
    seeds = [random_state, *(seed_for(random_state, "builds", build) for build in range(1, n_builds))]
    chance = compound.halides.mixed and not compound.halides.placed  # else one crystal made is as good as several
    made: list[Structure | None] = []
    if start == "known":
        tried = seeds if chance else seeds[:1]
        made = [from_relatives(compound, seed) for seed in tried]
    trials = [
        _Trial(compound, seed, crystal) for seed, crystal in zip(seeds, made, strict=False) if crystal is not None
    ]
    return trials or [_Trial(compound, seed) for seed in seeds]


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
    return from_relatives(compound, random_state) or build_layered(
        compound.spacer, compound.metal, compound.halide, compound.n, compound.cage, compound.stacking,
        random_state=random_state,
    )  # fmt: skip


def from_relatives(compound: Compound, seed: int = 0) -> Structure | None:
    """Make a compound from the nearest known crystal of its spacer, if there is one with the stacking that is asked.

    Parameters
    ----------
    compound : Compound
    seed : int
        Of halides that stand at random.

    Returns
    -------
    pymatgen.core.Structure or None
    """
    relatives = [
        crystal
        for crystal in known_crystals(compound.spacer)
        if compound.stacking is None or crystal.stacking == compound.stacking
    ]
    cage = CAGE_SMILES[compound.cage] if compound.n > 1 else None
    return from_known(relatives, compound.spacer, compound.metal, compound.halide, compound.n, cage, seed)


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
        crystal = made or build_layered(
            compound.spacer, compound.metal, compound.halide, compound.n, compound.cage, compound.stacking,
            random_state=seed,
        )  # fmt: skip
        if relax:
            crystal = relax_by_potential(crystal, relax if isinstance(relax, str) else "")
    except PerovexError as error:
        return Described(error=error)
    return describe_item(crystal, keep=keep)


def _predict_averaged(rows: Sequence[Sequence[Described]], names: pd.Index, bundle: ModelBundle) -> pd.DataFrame:
    """Predict every build and average those of one compound."""
    # a failed build beside others says nothing about the compound
    kept = [[crystal for crystal in crystals if crystal.error is None] or [crystals[0]] for crystals in rows]
    owner = np.repeat(np.arange(len(kept)), [len(crystals) for crystals in kept])
    each = predict_described([crystal for crystals in kept for crystal in crystals], pd.RangeIndex(len(owner)), bundle)
    averaged = [
        _average(each[owner == number], crystals, len(rows[number]), bundle) for number, crystals in enumerate(kept)
    ]
    table = pd.DataFrame(averaged)
    table.index = names
    return table


def _is_made(crystal: Described) -> bool:
    """Whether a crystal was made from a known relative."""
    return bool(crystal.origin.get("build", {}).get("from"))


def _average(builds: pd.DataFrame, crystals: Sequence[Described], n_asked: int, bundle: ModelBundle) -> pd.Series:
    """Average the predictions of several builds of one compound: moduli and ends of intervals by their logarithms."""
    # what the builds say in words is taken from the first that lies outside, else from the first
    outside = builds[~builds["in_domain"].fillna(value=True).astype(bool)]
    row = (outside if len(outside) else builds).iloc[0].copy()
    works = builds["error"].eq("").all()
    row["builds"] = len(builds) if works else 0
    for target in bundle.regressors:
        values = builds[target].to_numpy(float)
        for column in (target, f"{target}_lower", f"{target}_upper", f"{target}_std"):
            if column in builds:
                row[column] = _typical(builds[column].to_numpy(float))
        row[f"{target}_min_of_builds"], row[f"{target}_max_of_builds"] = values.min(), values.max()
    if not works:
        return row
    probability = probability_column(builds.columns)
    if probability:
        row[probability] = builds[probability].astype(float).mean()
        row["class"] = _class(builds, probability, row[probability])
    for column in ("phase", "stacking"):
        row[column] = "/".join(dict.fromkeys(builds[column]))
    said = [
        note
        for (_, build), crystal in zip(builds.iterrows(), crystals, strict=True)
        for note in of_crystal(build, crystal, bundle)
    ]
    notes = [*of_prediction(row, bundle, len(outside), len(builds)), *dict.fromkeys(said)]
    if not _is_made(crystals[0]) or len(builds) > 1:
        notes.append(spread(row, n_asked, bundle))
    row["warnings"] = notes
    return row


def _class(builds: pd.DataFrame, probability: str, mean: float) -> str:
    """Return the name of the class on the side of the mean probability."""
    stiff = probability.removeprefix("probability_")
    soft = next((name for name in builds["class"] if name != stiff), "soft" if stiff == "stiff" else f"not {stiff}")
    return stiff if mean > 0.5 else str(soft)


def _typical(values: np.ndarray) -> float:
    """Geometric mean; the arithmetic one where a value is not positive."""
    return float(np.exp(np.log(values).mean()) if (values > 0).all() else values.mean())
