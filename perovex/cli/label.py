"""``perovex label``: elastic tensors by an interatomic potential."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer


def label(
    files: Annotated[list[str], typer.Argument(help="Structure files, folders or globs (CIF, POSCAR, extxyz).")],
    out: Annotated[Path, typer.Option("--out", help="Folder of records; a crystal with a record is skipped.")],
    potential: Annotated[
        str, typer.Option(help="7net-l3i5, 7net-0_11Jul2024, 7net-0_22May2024 or an entry point, '+d3' for dispersion.")
    ] = "7net-l3i5+d3",
    origin: Annotated[str, typer.Option(help="Where the structures come from (DOI, database); goes on record.")] = "",
    device: Annotated[str, typer.Option(help="Torch device: cpu or cuda.")] = "cpu",
    fmax: Annotated[float, typer.Option(help="Largest force left after relaxation, eV/Å.")] = 2e-3,
    smax: Annotated[float, typer.Option(help="Largest stress left after relaxation, GPa.")] = 5e-3,
    max_seconds: Annotated[float, typer.Option(help="Give a crystal up after this time, s.")] = 3600.0,
) -> None:
    """Relax crystals and compute relaxed-ion elastic tensors; run it again, or several times at once, to go on."""
    from perovex.crystal import expand_paths
    from perovex.elasticity.campaign import Job, label_many
    from perovex.elasticity.labelling import LabelSettings
    from perovex.elasticity.relaxation import RelaxSettings

    jobs = [Job(path, origin=origin) for path in expand_paths(files)]
    settings = LabelSettings(relax=RelaxSettings(fmax=fmax, smax=smax), max_seconds=max_seconds)
    start, done, failed = time.monotonic(), 0, 0
    for record in label_many(jobs, out, potential=potential, settings=settings, device=device):
        done += 1
        failed += record["status"] != "accepted"
        spent = time.monotonic() - start
        modulus = record.get("E_vrh")
        tail = f"E_vrh {modulus:.2f} GPa" if modulus is not None else record["reason"]
        print(f"{record['name']}: {record['status']}, {tail}, {record.get('calls', 0)} calls")
        left = len(jobs) - done
        print(f"  {done} of {len(jobs)} here, about {spent / done * left / 60:.0f} min left", file=sys.stderr)
    print(f"{done} labelled ({failed} rejected), {len(jobs) - done} done before or by another worker; records in {out}")
