"""Label many crystals into one folder: resumable, shared by several workers, one record a crystal."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perovex._files import write_atomic
from perovex.crystal import as_structure, perceive
from perovex.elasticity.labels.causes import FAILED
from perovex.elasticity.labels.label import label
from perovex.elasticity.labels.preconditioned import PreconditionedSettings, label_preconditioned
from perovex.elasticity.labels.records import (
    Checkpoint,
    claimed,
    package_versions,
    read_record,
    write_record,
)
from perovex.elasticity.labels.run import LabelSettings
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.elasticity.potentials.names import describe, file_stem
from perovex.errors import LabelError, PerovexError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ase import Atoms
    from pymatgen.core import Structure

    from perovex.elasticity.labels.label import Label
    from perovex.elasticity.labels.run import Progress

    Watch = Callable[[Progress], None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """One crystal to label.

    Attributes
    ----------
    path : Path
        Structure file.
    name : str
        Name of the crystal; default the file name without suffix.
    origin : str
        Where the structure comes from (DOI, database number, repository); goes into the record.
    """

    path: Path
    name: str = ""
    origin: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """Name for files."""
        return self.name or self.path.name.split(".")[0]


def read_jobs(table: str | Path, *, origin: str = "") -> list[Job]:
    """Read jobs from a CSV table.

    Parameters
    ----------
    table : path
        Columns ``file`` (relative to the folder of the table), and optionally ``name`` and ``origin``.
    origin : str
        Where the table has none.

    Raises
    ------
    LabelError
        The table cannot be read, has no column ``file``, names a file that does not exist, or one name twice.
    """
    import pandas as pd

    path = Path(table)
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise LabelError(f"not a table of jobs: {error}", source=path) from error
    unknown = set(rows.columns) - {"file", "name", "origin"}
    if "file" not in rows or unknown:
        raise LabelError(
            f"columns {sorted(rows.columns)}", remedy="give file, and optionally name and origin", source=path
        )
    given = rows.reindex(columns=["file", "name", "origin"], fill_value="")
    jobs = [Job(path.parent / f, name=n, origin=o or origin) for f, n, o in given.itertuples(index=False)]
    absent = [job.path for job in jobs if not job.path.is_file()]
    if absent:
        raise LabelError(f"no such file: {absent[0]}", remedy="paths are relative to the table", source=path)
    refuse_repeated_names(jobs, source=path)
    return jobs


def refuse_repeated_names(jobs: Iterable[Job], *, source: Path | None = None) -> None:
    """Raise a LabelError if two jobs would write the same record."""
    names = [job.stem for job in jobs]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise LabelError(
            f"two crystals are named {repeated[0]!r}", remedy="name them in a table given as --table", source=source
        )


def is_finished(job: Job, out: str | Path, potential: str = DEFAULT_POTENTIAL) -> bool:
    """Whether a folder holds the record of a job."""
    return (Path(out) / f"{job.stem}@{file_stem(potential)}.json").exists()


@dataclass(frozen=True)
class Precondition:
    """A cheap potential on which labels of an expensive one lean.

    Attributes
    ----------
    potential : str
        Its name.
    calculator : ASE calculator
    settings : PreconditionedSettings
    """

    potential: str
    calculator: Any
    settings: PreconditionedSettings = field(default_factory=PreconditionedSettings)


@dataclass(frozen=True)
class _Work:
    """What all crystals of a folder are labelled with."""

    potential: str
    calculator: Any
    settings: LabelSettings
    precondition: Precondition | None
    watch: Callable[[str, Progress], None] | None

    def label(self, crystal: Structure, base: Path, checkpoint: Checkpoint, watch: Watch | None) -> Label:
        """Label one crystal, with its calls on file if they are expensive."""
        cheap = self.precondition
        if cheap is None:
            return label(crystal, self.calculator, self.settings, checkpoint=checkpoint, watch=watch)
        calls = base.parent / f"{base.name}.calls.jsonl"
        return label_preconditioned(
            crystal,
            lambda: self.calculator,
            cheap.calculator,
            calls,
            cheap.settings,
            checkpoint=checkpoint,
            watch=watch,
        )


def label_many(
    jobs: Iterable[Job],
    out: str | Path,
    *,
    potential: str = DEFAULT_POTENTIAL,
    settings: LabelSettings | None = None,
    device: str = "cpu",
    calculator: Any = None,
    precondition: Precondition | None = None,
    watch: Callable[[str, Progress], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """Label crystals one after another and yield their records as they finish.

    A crystal with a record is skipped, one that another worker has claimed is left to it, and one that was
    interrupted goes on from its checkpoint. A crystal that fails costs one rejected record, never the run.

    Parameters
    ----------
    jobs : iterable of Job
    out : path
        Folder of records ``NAME@POTENTIAL.json`` with the relaxed crystals ``NAME@POTENTIAL.extxyz``.
    potential : str
        See `make_calculator`.
    settings : LabelSettings, optional
        Protocol.
    device : str
        Torch device.
    calculator : ASE calculator, optional
        Instead of the one that `potential` names; `potential` is then only its name in the records.
    precondition : Precondition, optional
        Cheap potential on which an expensive one leans: few calls, each on file in ``NAME@POTENTIAL.calls.jsonl``.
    watch : callable, optional
        Told the name of the crystal in work and its `Progress` after every batch.

    Yields
    ------
    dict
        The record of each crystal finished by this worker.

    Raises
    ------
    LabelError
        If the potential cannot be loaded.
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    engine = calculator if calculator is not None else None
    for job in jobs:
        stem = f"{job.stem}@{file_stem(potential)}"
        if is_finished(job, folder, potential):
            continue
        with claimed(folder / f".{stem}.lock") as mine:
            if not mine or is_finished(job, folder, potential):
                continue
            engine = engine if engine is not None else make_calculator(potential, device=device)
            work = _Work(potential, engine, settings or LabelSettings(), precondition, watch)
            yield _label_one(job, folder / stem, work)


def _label_one(job: Job, base: Path, work: _Work) -> dict[str, Any]:
    potential, watch_many = work.potential, work.watch
    record: dict[str, Any] = {
        "name": job.stem,
        "potential": potential,
        "parent": job.path.name,
        "origin": job.origin,
    }
    record |= {"potential_details": describe(potential), "versions": package_versions()}
    if work.precondition is not None:
        record["precondition"] = describe(work.precondition.potential)
    checkpoint = Checkpoint(base.parent / f".{base.name}.npz")
    relaxed: Atoms | None = None
    watch: Watch | None = None if watch_many is None else lambda progress: watch_many(job.stem, progress)
    try:
        structure = as_structure(job.path)
        record |= _facts(job)
        made = work.label(structure, base, checkpoint, watch)
        relaxed, record = made.atoms, record | made.record
    except PerovexError as error:
        logger.warning("%s: %s", job.stem, error)
        record |= {
            "status": "rejected",
            "reason": _without_folder(str(error), job),
            "causes": [FAILED],
            "settings": {},
        }
    if relaxed is not None:
        text = io.StringIO()
        import ase.io

        ase.io.write(text, relaxed, format="extxyz")
        write_atomic(base.parent / f"{base.name}.extxyz", text.getvalue().encode())
    clean: dict[str, Any] = json.loads(json.dumps(record, default=float))
    write_record(base.parent / f"{base.name}.json", clean)
    checkpoint.remove()
    return clean


def _without_folder(text: str, job: Job) -> str:
    """Name the file as its user knows it: records travel, the folders of this machine mean nothing elsewhere."""
    for path in (job.path.resolve(), job.path):
        text = text.replace(str(path), job.path.name)
    return text


def _facts(job: Job) -> dict[str, Any]:
    """Say what the crystal is before it is relaxed, so that a change is noticed later."""
    if job.facts:
        return dict(job.facts)
    try:
        crystal = perceive(as_structure(job.path), source=str(job.path))
    except PerovexError as error:
        return {"n": None, "perception": _without_folder(error.cause, job)}
    return {
        "n": "inf" if crystal.dimensionality == 3 else crystal.n_layers,
        "phase": crystal.phase,
        "stacking": crystal.stacking,
        "metal": ".".join(crystal.metals),
        "halide": ".".join(crystal.halides),
        "spacer_smiles": crystal.spacer_smiles,
        "cage": ".".join(sorted({m.smiles for m in crystal.cage_cations})),
    }


def finished(out: str | Path) -> list[dict[str, Any]]:
    """Read all records of a folder.

    Raises
    ------
    LabelError
        If the folder does not exist or a record is broken.
    """
    folder = Path(out)
    if not folder.is_dir():
        raise LabelError("no such folder of records", source=folder)
    return [read_record(path) for path in sorted(folder.glob("*.json"))]
