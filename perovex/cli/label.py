"""``perovex label``: elastic tensors by an interatomic potential."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import typer

from perovex.cli.choices import not_negative, positive, refuse_idle, torch_device

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from perovex.elasticity import LabelSettings
    from perovex.elasticity.labels.campaign import Job, Precondition
    from perovex.elasticity.labels.run import Progress


def label(  # noqa: PLR0917 (typer's options)
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of records; a crystal with a record is skipped.")],
    files: Annotated[
        list[str] | None, typer.Argument(help="Structure files, folders or globs (CIF, POSCAR, extxyz).")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--table", help="CSV table instead of files: columns file, and as you like name and origin."),
    ] = None,
    potential: Annotated[
        str,
        typer.Option(
            help="7net-l3i5, another bundled one, FILE.pth:TASK of SevenNet, module:factory of an ASE calculator, "
            "cp2k-pbe or gpaw-pbe; '+d3' adds dispersion. See docs/potentials.md."
        ),
    ] = "7net-l3i5+d3",
    precondition: Annotated[
        str, typer.Option(help="Cheap potential to lean on, for an expensive --potential: a tensor in 10 to 30 calls.")
    ] = "",
    one_sided: Annotated[
        bool, typer.Option(help="With --precondition: strain to one side, the cheap potential gives the curvature.")
    ] = False,
    force_noise: Annotated[
        float,
        typer.Option(
            callback=not_negative, help="With --precondition: noise of a force of the expensive calculator, eV/Å."
        ),
    ] = 0.0,
    origin: Annotated[str, typer.Option(help="Where the structures come from (DOI, database); goes on record.")] = "",
    device: Annotated[str, typer.Option(callback=torch_device, help="Torch device: cpu or cuda.")] = "cpu",
    batch: Annotated[
        int | None,
        typer.Option(min=1, help="Configurations evaluated at once; default 32 on a GPU, 4 on a CPU."),
    ] = None,
    symmetry: Annotated[
        float,
        typer.Option(min=0, max=1, help="Distance within which atoms count as equivalent, Å; 0 ignores symmetry."),
    ] = 0.01,
    fmax: Annotated[float, typer.Option(callback=positive, help="Largest force left after relaxation, eV/Å.")] = 2e-3,
    smax: Annotated[float, typer.Option(callback=positive, help="Largest stress left after relaxation, GPa.")] = 5e-3,
    max_seconds: Annotated[
        float, typer.Option(callback=not_negative, help="Give a crystal up after this time, s.")
    ] = 3600.0,
    executor: Annotated[
        Literal["local", "dask"], typer.Option(help="Where the work is done; workers of dask share --out.")
    ] = "local",
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, tcp://HOST:PORT.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each record as one line of JSON.")] = False,
) -> None:
    """Relax crystals and compute relaxed-ion elastic tensors; run it again, or several times at once, to go on.

    A file that cannot be read gives exit status 2 after all others are done; a rejected label is a result.
    """
    from perovex._cluster import check_executor
    from perovex._files import check_folder, make_folder
    from perovex.elasticity import LabelSettings
    from perovex.elasticity.labels.campaign import label_many
    from perovex.elasticity.labels.cluster import label_on_cluster
    from perovex.elasticity.potentials.by_name import require
    from perovex.elasticity.relaxation.quasi_newton import RelaxSettings

    if not precondition:
        idle = ("one_sided", "force_noise")
        refuse_idle(context, idle, "without --precondition", "add --precondition POTENTIAL, or leave it out")
    check_folder(out)
    todo = _todo(files or [], table, origin)
    require(potential)
    check_executor(executor, scheduler)
    settings = LabelSettings(
        relax=RelaxSettings(fmax=fmax, smax=smax),
        symmetry=symmetry,
        batch=batch or (4 if device == "cpu" else 32),
        max_seconds=max_seconds,
    )
    how: dict[str, Any] = {"potential": potential, "settings": settings, "device": device, "precondition": None}
    if precondition:
        paths = {"one_sided": one_sided, "force_noise": force_noise}
        how["precondition"] = _precondition(precondition, settings, paths, device, here=executor == "local")
    make_folder(out)
    if executor == "dask":
        _tell(todo, out, potential, lambda _: label_on_cluster(todo, out, scheduler=scheduler, **how), as_json)
    else:
        _tell(todo, out, potential, lambda bar: label_many(todo, out, watch=bar.watch, **how), as_json)


def _todo(files: list[str], table: Path | None, origin: str) -> list[Job]:
    """Return the crystals to label, each under a name of its own."""
    from perovex.crystal import expand_paths
    from perovex.elasticity.labels.campaign import Job, read_jobs, refuse_repeated_names
    from perovex.errors import LabelError

    if bool(files) == (table is not None):
        raise LabelError("nothing to label, or both files and a table", remedy="give files or --table TABLE.csv")
    paths = expand_paths(files, keep_missing=len(files) > 1)
    todo = read_jobs(table, origin=origin) if table else [Job(path, origin=origin) for path in paths]
    refuse_repeated_names(todo)
    return todo


def _precondition(
    potential: str, settings: LabelSettings, paths: dict[str, Any], device: str, *, here: bool
) -> Precondition:
    """Return the cheap potential to lean on, loaded if it is used `here`; workers of a cluster make their own."""
    from perovex.elasticity.labels.campaign import Precondition
    from perovex.elasticity.labels.preconditioned import PreconditionedSettings
    from perovex.elasticity.potentials.by_name import make_calculator, require
    from perovex.elasticity.response.strain_paths import PathSettings

    require(potential)
    protocol = PreconditionedSettings(cheap=settings, paths=PathSettings(**paths))
    return Precondition(potential, make_calculator(potential, device=device) if here else None, protocol)


def _tell(
    todo: list[Job], out: Path, potential: str, label_all: Callable[[_Bar], Iterable[dict[str, Any]]], as_json: bool
) -> None:
    """Say of each crystal as it is labelled what became of it, and at last how many there were."""
    from perovex._json import json_safe
    from perovex.elasticity.labels.campaign import is_finished

    before = sum(is_finished(job, out, potential) for job in todo)
    failed = unread = 0
    with _Bar(len(todo), before) as bar:
        for record in label_all(bar):
            failed += record["status"] != "accepted"
            unread += _is_unread(record)
            bar.say(json.dumps(json_safe(record)) if as_json else _line(record))
    others = len(todo) - before - bar.done
    rejected = f"{failed} rejected" + (f", {unread} of them unreadable" if unread else "")
    print(
        f"{bar.done} labelled ({rejected}), {before} done before, {others} left to other workers; records in {out}",
        file=sys.stderr if as_json else sys.stdout,
    )
    if unread:
        raise typer.Exit(2)


def _is_unread(record: dict[str, Any]) -> bool:
    """Whether the file gave no crystal: what a crystal is goes on record, if only as unknown, once it was read."""
    return record["status"] == "rejected" and "n" not in record


def _line(record: dict[str, Any]) -> str:
    modulus = record.get("E_vrh")
    tail = f"E_vrh {modulus:.2f} GPa" if modulus is not None else record["reason"]
    if modulus is not None and record["reason"]:
        tail += f" ({record['reason']})"
    cost = f"{record.get('calls', 0)} calls, {record.get('seconds', 0):.0f} s"
    return f"{record['name']}: {record['status']}, {tail}, {cost}"


class _Bar:
    """Crystals done with the time left, and what the one in work is at; on stderr."""

    def __init__(self, total: int, before: int) -> None:
        from perovex._progress import progress_bar

        self._bar = progress_bar(
            total=total, initial=before, unit="crystal", desc="label", shown=True, dynamic_ncols=True
        )
        self.done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def watch(self, name: str, progress: Progress) -> None:
        self._bar.set_postfix_str(
            f"{name} {progress.stage}, call {progress.calls}, {progress.force:.1e} eV/Å, {progress.stress:.1e} GPa"
        )

    def say(self, line: str) -> None:
        self.done += 1
        self._bar.update()
        self._bar.write(line, file=sys.stdout)
        sys.stdout.flush()
