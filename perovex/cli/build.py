"""``perovex build``: a layered crystal from spacer, metal, halide, n and phase, or from another crystal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from perovex.cli.choices import given
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from pymatgen.core import Structure

Phase = Literal["RP", "DJ"]
Cage = Literal["Cs", "Rb", "MA", "FA"]
# Options that each way of building has no use for; a seed is no wish about the crystal.
_IDLE = {
    "a SMILES": ("swap",),
    "--thicken": ("metal", "halide", "n", "phase", "trials", "swap"),
    "--substitute": ("metal", "halide", "n", "cage", "phase", "trials"),
}


def build(  # noqa: PLR0917 (options of a command)
    context: typer.Context,
    spacer: Annotated[
        str | None,
        typer.Argument(help="SMILES of the spacer cation, such as 'CCCC[NH3+]'.", metavar="[SMILES]"),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write: .cif, .vasp or .extxyz.")] = Path(
        "crystal.cif"
    ),
    metal: Annotated[str, typer.Option("--metal", "-m", help="Metal of the octahedra.")] = "Pb",
    halide: Annotated[str, typer.Option("--halide", "-x", help="Halide of the octahedra.")] = "I",
    n: Annotated[int, typer.Option("-n", min=1, help="Perovskite sheets per slab.")] = 1,
    cage: Annotated[
        Cage | None,
        typer.Option(
            "--cage", help="Cation of the cages, n >= 2; by default MA, and the crystal's own with --thicken."
        ),
    ] = None,
    phase: Annotated[
        Phase | None,
        typer.Option("--phase", help="Layer shift; by default RP for one, DJ for two ammonium groups."),
    ] = None,
    thicken: Annotated[
        Path | None,
        typer.Option("--thicken", help="Insert one sheet into every slab of this crystal instead."),
    ] = None,
    substitute: Annotated[
        Path | None, typer.Option("--substitute", help="Swap elements of this crystal instead (with --swap).")
    ] = None,
    swap: Annotated[
        list[str] | None, typer.Option("--swap", help="Element swap such as I=Br or Pb=Sn; repeatable.")
    ] = None,
    trials: Annotated[int, typer.Option("--trials", min=1, help="Trial arrangements of the cations.")] = 8,
    seed: Annotated[int, typer.Option("--seed", help="Seed of conformers and trials.")] = 0,
    relax: Annotated[
        bool,
        typer.Option("--relax", help='Relax with an interatomic potential (minutes; pip install "perovex\\[labels]").'),
    ] = False,
    potential: Annotated[str, typer.Option("--potential", help="Potential of --relax, as in `perovex label`.")] = "",
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Progress bar on stderr.")] = True,
) -> None:
    """Build a layered crystal from a SMILES, thicken one by a sheet, or substitute its elements."""
    import perovex.building as room
    from perovex.building.lengths import BUILDING_RADII

    if sum(item is not None for item in (spacer, thicken, substitute)) != 1:
        raise typer.BadParameter("give one of: a SMILES, --thicken FILE, --substitute FILE")
    if out.suffix not in {".cif", ".vasp", ".extxyz"}:
        raise typer.BadParameter(f"{out}: write .cif, .vasp or .extxyz")
    _refuse_idle(context, "a SMILES" if spacer is not None else "--thicken" if thicken is not None else "--substitute")
    show = progress and sys.stderr.isatty()
    if spacer is not None:
        structure = room.build_layered(
            spacer, metal, halide, n, cage or "MA", phase, n_trials=trials, random_state=seed, progress=show
        )
    elif thicken is not None:
        structure = room.thicken(thicken, cage, random_state=seed)
    else:
        structure = room.substitute(substitute, _swaps(swap))
    if relax:
        from perovex.prediction.relaxing import relax_by_potential

        structure = relax_by_potential(structure, potential, progress=show)
    _write(structure, out)
    lattice = structure.lattice
    lengths = ", ".join(f"{value:.2f}" for value in lattice.abc)
    angles = ", ".join(f"{value:.1f}" for value in lattice.angles)
    print(f"{structure.composition.reduced_formula}: {len(structure)} atoms, {lengths} Å, {angles}°, in {out}")
    done = structure.properties.get("relaxation")
    if done:
        metals = sum(structure.composition[m] for m in BUILDING_RADII)
        print(f"Relaxed with {done['potential']}: {done['energy'] / metals:.4f} eV per metal, {done['calls']} calls.")
    else:
        print("Not relaxed by a potential: relax before using energies or stiffness (--relax).")


def _refuse_idle(context: typer.Context, way: str) -> None:
    """Refuse options that this way of building would ignore."""
    idle = ["-n" if name == "n" else f"--{name}" for name in _IDLE[way] if given(context, name)]
    if idle:
        raise PerovexError(f"{', '.join(idle)} would be ignored beside {way}", remedy="leave them out")
    if given(context, "potential") and not given(context, "relax"):
        raise PerovexError("--potential would be ignored without --relax", remedy="add --relax, or leave it out")


def _swaps(items: list[str] | None) -> dict[str, str]:
    """Parse ``I=Br``."""
    pairs = [item.partition("=")[::2] for item in items or ()]
    if not pairs or not all(old and new for old, new in pairs):
        raise typer.BadParameter("--substitute needs --swap OLD=NEW, such as --swap I=Br")
    return dict(pairs)


def _write(structure: Structure, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".extxyz":
        from ase.io import write

        plain = structure.copy()
        plain.properties = {}
        write(out, plain.to_ase_atoms(), format="extxyz")
    else:
        structure.to(filename=str(out), fmt="cif" if out.suffix == ".cif" else "poscar")
