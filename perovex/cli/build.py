"""``perovex build``: layered crystals from spacer, metal, halide, n and stacking, or from another crystal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perovex.cli.choices import Force, given, refuse_idle
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from perovex.building.compound import Compound

# Options that each way of building has no use for; a seed is no wish about the crystal.
_IDLE = {
    "a SMILES": ("swap",),
    "--table": ("swap",),
    "--thicken": ("metal", "halide", "n", "stacking", "trials", "swap"),
    "--substitute": ("metal", "n", "cage", "stacking", "trials"),
}


def build(  # noqa: PLR0917 (options of a command)
    context: typer.Context,
    spacers: Annotated[
        list[str] | None,
        typer.Argument(help="SMILES of spacer cations, such as 'CCCC[NH3+]'; one crystal each.", metavar="[SMILES]..."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="File to write (.cif, .vasp or .extxyz), a folder for several crystals, or - for standard output; by "
            "default a CIF here that bears the name of the compound and replaces nothing.",
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--table",
            help="A CSV of compounds instead: a column spacer (or smiles) and any of metal, halide, n, cage, stacking.",
        ),
    ] = None,
    metal: Annotated[str, typer.Option("--metal", "-m", help="Metal of the octahedra.")] = "Pb",
    halide: Annotated[
        str,
        typer.Option(
            "--halide",
            "-x",
            help="Halide of the octahedra, or a mixture: Br0.5I0.5 (or Br:0.5,I:0.5) at random by --seed, "
            "axial=Br,equatorial=I by position (terminal, inner, equatorial; axial, bridging).",
        ),
    ] = "I",
    n: Annotated[int, typer.Option("-n", "--n", min=1, help="Perovskite sheets per slab.")] = 1,
    cage: Annotated[
        str | None,
        typer.Option(
            "--cage",
            help="Cation of the cages, n >= 2: MA, FA, GA, Cs or Rb; by default MA, and the crystal's own with "
            "--thicken.",
        ),
    ] = None,
    stacking: Annotated[
        str | None,
        typer.Option(
            "--stacking",
            help="How slabs lie on each other: staggered (shifted by half a cell, as in many Ruddlesden-Popper ones; "
            "default for one ammonium group) or eclipsed (as in many Dion-Jacobson ones; default for two).",
        ),
    ] = None,
    thicken: Annotated[
        Path | None,
        typer.Option("--thicken", help="Insert one sheet into every slab of this crystal instead."),
    ] = None,
    substitute: Annotated[
        Path | None,
        typer.Option("--substitute", help="Swap elements of this crystal instead (with --swap, or --halide)."),
    ] = None,
    swap: Annotated[
        list[str] | None, typer.Option("--swap", help="Element swap such as I=Br or Pb=Sn; repeatable.")
    ] = None,
    trials: Annotated[int, typer.Option("--trials", min=1, help="Trial arrangements of the cations.")] = 8,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the trial arrangements.")] = 0,
    relax: Annotated[
        bool,
        typer.Option(
            "--relax", help="Relax with an interatomic potential (minutes); `perovex doctor` says how to get one."
        ),
    ] = False,
    potential: Annotated[str, typer.Option("--potential", help="Potential of --relax, as in `perovex label`.")] = "",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Number of processes for several compounds.")] = 1,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Progress bar on stderr.")] = True,
    force: Force = False,
) -> None:
    """Build layered crystals from SMILES, thicken one by a sheet, or substitute its elements."""
    ways = {"a SMILES": spacers, "--table": table, "--thicken": thicken, "--substitute": substitute}
    taken = [name for name, value in ways.items() if value]
    if len(taken) != 1:
        raise typer.BadParameter("give one of: SMILES, --table CSV, --thicken FILE, --substitute FILE")
    _refuse_idle(context, taken[0])
    mixture = halide if given(context, "halide") and not swap else None
    swaps = _swaps(swap) if substitute is not None and mixture is None else {}
    composition = {"metal": metal, "halide": halide, "n": n, "cage": cage or "MA", "stacking": stacking}
    compounds, names = _compounds(spacers, table, composition)
    several = table is not None or len(compounds) > 1
    _check_out(out, several=several, force=force)
    if relax:
        from perovex.prediction.relaxing import require_potential

        require_potential(potential)
    show = progress and sys.stderr.isatty()
    if several:
        _build_many(compounds, names, out or Path(), trials, seed, potential if relax else None, jobs, show)
        return
    if compounds:
        structure = _one(compounds[0], trials, seed, None, show)
        if isinstance(structure, PerovexError):
            raise structure
    else:
        structure = _from_crystal(thicken, substitute, _cage(cage), mixture or swaps, seed)
    if relax:
        structure = _relaxed(structure, potential, show)
    _write_one(structure, out)


def _compounds(
    spacers: list[str] | None, table: Path | None, composition: dict[str, Any]
) -> tuple[list[Compound | PerovexError], list[str]]:
    """Compounds to build and what to call them; a single one that cannot be understood is refused."""
    from perovex.cli.predict import compounds_of

    if not spacers and table is None:
        return [], []
    compounds, names = compounds_of(spacers, table, composition)
    if len(compounds) == 1 and table is None and isinstance(compounds[0], PerovexError):
        raise compounds[0]
    return compounds, list(names)


def _check_out(out: Path | None, *, several: bool, force: bool) -> None:
    """Refuse what cannot be written before any work is done."""
    from perovex._files import check_folder
    from perovex.building.writing import SUFFIXES
    from perovex.cli.outputs import check_file

    if several:
        if str(out) == "-":
            raise PerovexError("several crystals cannot go to standard output", remedy="give a folder: --out DIR")
        if out is not None and out.suffix in (".cif", ".vasp", ".extxyz") and not out.is_dir():
            raise PerovexError("several crystals do not fit one file", remedy="give a folder: --out DIR", source=out)
        check_folder(out or Path())
    elif out is None:
        check_folder(Path())
    elif str(out) != "-":
        check_file(out, SUFFIXES, force=force)


def _one(
    compound: Compound | PerovexError, trials: int, seed: int, potential: str | None, show: bool
) -> Structure | PerovexError:
    """Build one crystal, and relax it where a potential is named; an error is a value."""
    from perovex.building import build_layered

    if isinstance(compound, PerovexError):
        return compound
    try:
        structure = build_layered(
            compound.spacer,
            compound.metal,
            compound.halide,
            compound.n,
            compound.cage,
            compound.stacking,
            n_trials=trials,
            random_state=seed,
            progress=show,
        )
        return structure if potential is None else _relaxed(structure, potential, show)
    except PerovexError as error:
        return error


def _relaxed(structure: Structure, potential: str, show: bool) -> Structure:
    from perovex.prediction.relaxing import relax_by_potential

    return relax_by_potential(structure, potential, progress=show)


def _from_crystal(
    thicken: Path | None, substitute: Path | None, cage: str | None, swaps: dict[str, str] | str, seed: int
) -> Structure:
    from perovex import building

    if thicken is not None:
        return building.thicken(thicken, cage, random_state=seed)
    if isinstance(swaps, str):
        return building.mix_halides(substitute, swaps, random_state=seed)
    return building.substitute(substitute, swaps)


def _cage(cage: str | None) -> str | None:
    """Return a cage cation as it is known, in any case."""
    from perovex.building.compound import Compound

    return None if cage is None else Compound.read("C[NH3+]", cage=cage).cage


def _build_many(
    compounds: list[Compound | PerovexError],
    names: list[str],
    folder: Path,
    trials: int,
    seed: int,
    potential: str | None,
    jobs: int,
    show: bool,
) -> None:
    """Build crystals in parallel and write each as soon as it is done; one that fails costs its line."""
    from joblib import delayed

    from perovex._progress import progress_bar
    from perovex._workers import workers
    from perovex.building.writing import free_path, write_crystal
    from perovex.cli.remarks import say

    work = workers(jobs, return_as="generator")(
        delayed(_one)(compound, trials, seed, potential, show=False) for compound in compounds
    )
    failed = 0
    for name, structure in zip(names, progress_bar(work, total=len(compounds), desc="build", shown=show), strict=True):
        if isinstance(structure, PerovexError):
            failed += 1
            say(f"perovex: {name}: {structure.kind}: {structure}")
            continue
        path = write_crystal(structure, free_path(structure, folder))
        print(f"{name}: {_summary(structure)}, in {path}")
    if failed:
        raise typer.Exit(2)


def _write_one(structure: Structure, out: Path | None) -> None:
    from perovex.building.writing import crystal_text, free_path, write_crystal

    if str(out) == "-":
        print(crystal_text(structure), end="")
        return
    path = write_crystal(structure, out or free_path(structure))
    print(f"{_summary(structure)}, in {path}")
    done = structure.properties.get("relaxation")
    if done:
        metals = _count_metals(structure)
        print(f"Relaxed with {done['potential']}: {done['energy'] / metals:.4f} eV per metal, {done['calls']} calls.")
    else:
        print("Not relaxed by a potential: relax before using energies or stiffness (--relax).")


def _count_metals(structure: Structure) -> float:
    from perovex.crystal import perceive

    return len(perceive(structure).octahedra)


def _summary(structure: Structure) -> str:
    from perovex.crystal import perceive

    lattice = structure.lattice
    lengths = ", ".join(f"{value:.2f}" for value in lattice.abc)
    angles = ", ".join(f"{value:.1f}" for value in lattice.angles)
    return f"{perceive(structure).formula}: {len(structure)} atoms, {lengths} Å, {angles}°"


def _refuse_idle(context: typer.Context, way: str) -> None:
    """Refuse options that this way of building would ignore."""
    refuse_idle(context, _IDLE[way], f"beside {way}")
    if way == "--substitute" and given(context, "halide") and given(context, "swap"):
        raise PerovexError("--halide and --swap both say what to put in", remedy="give one of them")
    if not given(context, "relax"):
        refuse_idle(context, ("potential",), "without --relax", "add --relax, or leave it out")


def _swaps(items: list[str] | None) -> dict[str, str]:
    """Parse ``I=Br``, in any case."""
    pairs = [item.partition("=")[::2] for item in items or ()]
    if not pairs or not all(old and new for old, new in pairs):
        raise typer.BadParameter("--substitute needs --swap OLD=NEW, such as --swap I=Br, or --halide")
    return {old.strip().capitalize(): new.strip().capitalize() for old, new in pairs}
