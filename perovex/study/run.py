"""`run_study`: every step in order, every file written."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex import __version__
from perovex.datasets import ElasticData, load_elastic
from perovex.errors import DatasetError, ModelInputError, PerovexError
from perovex.learn import environment
from perovex.study import questions
from perovex.study.files import check_out, write_study
from perovex.study.found import Found
from perovex.study.kept import Kept
from perovex.study.labels import judge_labels
from perovex.study.modelling import result_of, steps_of
from perovex.study.models import fit_bundle, fit_small, training_facts
from perovex.study.neighbours import nearest_crystals
from perovex.study.options import StudyOptions
from perovex.study.own_data import OwnData, read_own_data
from perovex.study.own_tables import own_tables
from perovex.study.result import StudyResult
from perovex.study.tables import TARGETS, StudyTables, build_tables
from perovex.study.tasks import predictor, require_classes, tasks_of
from perovex.study.truncation import rejected_by_target
from perovex.study.workers import Step, run_steps, seconds_by_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perovex.study.tasks import Task


def run_study(  # noqa: PLR0913 - one call does the main job
    out: str | Path | None = None,
    *,
    data: str | Path | ElasticData | None = None,
    potential: str | None = None,
    moduli: str = "relaxed",
    structures: Any = None,
    table: str | Path | pd.DataFrame | None = None,
    target: str | Sequence[str] | None = None,
    id_column: str | None = None,
    groups: str | None = None,
    unit: str | Sequence[str] = "",
    ignore: Sequence[str] = (),
    task: str = "both",
    threshold: str | float = "median",
    algorithm: str = "average",
    seed: int = 0,
    quick: bool = False,
    n_jobs: int = 2,
    title: str = "",
    authors: str = "",
    notes: str = "",
    progress: bool = False,
) -> StudyResult:
    """Run the whole study and write its files.

    It learns from a release of elastic tensors (the bundled one by default), or from your own numbers: a `table` with
    the `structures` of its rows, or a `table` of descriptors alone.

    Parameters
    ----------
    out : path, optional
        Folder for ``report.html``, ``results.json``, ``study.yaml``, ``descriptors.csv``, ``tables/``, ``figures/`` and
        ``models/``; nothing is written without it. A study that was interrupted there is gone on with.
    data : path or ElasticData, optional
        Release of elastic tensors; default: the bundled data. Not beside `table`.
    potential : str, optional
        Which potential's labels; default the one with most accepted labels.
    moduli : {"relaxed", "soft_frozen"}
        What is learnt of a release: moduli with all ions relaxed under strain, or with the softest modes frozen; an
        `ElasticData` knows its own.
    structures : path, glob, folder, several of these, or mapping of names to crystals, optional
        Crystals of the rows of `table`, matched by name.
    table : path or DataFrame, optional
        Your numbers: CSV, TSV or parquet, one row for each crystal.
    target : str or sequence of str, optional
        Columns of `table` to learn; the first decides the classes. Of a release: the modulus that decides stiff or not
        (default ``"E_in_plane"``); all three are learnt.
    id_column : str, optional
        Column of `table` that names the crystals; default: one called id, name, crystal, file ...
    groups : str, optional
        Column of groups that folds keep together; default: the perceived spacer, or a column called spacer or group.
    unit : str or sequence of str
        Unit of the targets of `table`.
    ignore : sequence of str
        Columns of `table` that must not be descriptors.
    task : {"both", "regression", "classification"}
        What is learnt: the values, on which side of the threshold they lie, or both.
    threshold : str or float
        ``"median"``, a quantile such as ``"q0.6"``, or a value in the unit of the target.
    algorithm : {"average", "xgboost", "random_forest", "hist_gradient_boosting", "gaussian_process"}
        What predicts and is explained.
    seed : int
        The same seed gives the same results.
    quick : bool
        Fewer repeats.
    n_jobs : int
        Worker processes; the results do not depend on it.
    title, authors, notes : str
        For the head of the report, in your own words.
    progress : bool
        Progress bars on stderr.

    Returns
    -------
    StudyResult

    Raises
    ------
    DatasetError
        If the data are missing, damaged or empty, or the table and the structures do not fit.
    ModelInputError
        If only one class exists or too few crystals are there to learn from.
    PerovexError
        If nothing can be written at `out`.

    Examples
    --------
    A table of descriptors; without `out` nothing is written.

    >>> rng = np.random.default_rng(0)
    >>> numbers = pd.DataFrame({"angle": rng.uniform(140, 180, 24), "spacing": rng.uniform(8, 14, 24)})
    >>> numbers["gap"] = 2.0 + 0.01 * (180 - numbers["angle"])
    >>> result = run_study(table=numbers, target="gap", unit="eV", task="regression", quick=True, n_jobs=1)
    >>> list(result.tasks), bool(result.tasks["gap"].evaluation.score("R2") > 0.8)
    (['gap'], True)
    """
    start = time.perf_counter()
    targets = _listed(target)
    main = targets[0] if targets else TARGETS[0]
    options = StudyOptions(
        target=main, threshold=threshold, task=task, algorithm=algorithm, seed=seed, quick=quick, n_jobs=n_jobs
    )
    folder = None if out is None else Path(out)
    if folder is not None:
        check_out(folder)  # refused now rather than after minutes

    columns = {"id_column": id_column, "groups": groups}
    learnt: ElasticData | OwnData
    if table is None:
        _only_with_table(structures=structures, **columns, unit=unit, ignore=ignore)
        learnt = _release(data, potential, moduli, targets, options)
    else:
        _only_without_release(data, potential, moduli)
        learnt = _own(table, targets, structures=structures, **columns, units=_listed(unit), ignore=ignore)

    result = _study(learnt, options, folder, start, progress=progress)
    asked = _origin_of(data, structures, table)
    asked |= {"potential": potential, "moduli": getattr(learnt, "moduli", None), "target": targets}
    asked |= {"id": id_column, "groups": groups, "unit": _listed(unit), "ignore": list(ignore)}
    asked |= options.asked() | {"title": title or None, "authors": authors or None, "notes": notes or None}
    result = replace(result, asked=asked)
    if folder is not None:
        _write(result, folder)
    result.seconds = time.perf_counter() - start
    return result


def _write(result: StudyResult, folder: Path) -> None:
    start = time.perf_counter()
    write_study(result, folder)
    result.timings["files"] = round(time.perf_counter() - start, 2)


def _listed(value: str | Sequence[str] | None) -> list[str]:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else [str(item) for item in value]


def _only_with_table(**given: Any) -> None:
    named = [name for name, value in given.items() if value is not None and len(value)]
    if named:
        raise DatasetError(
            f"{named[0].removesuffix('_column')} is about a table of your own, and none was given",
            remedy="give --table FILE, with the numbers to learn",
        )


def _only_without_release(data: Any, potential: str | None, moduli: str) -> None:
    if data is not None or potential is not None or moduli != "relaxed":
        raise DatasetError("a table and a release of elastic tensors were both given", remedy="leave one out")


def _own(table: str | Path | pd.DataFrame, targets: list[str], **options: Any) -> OwnData:
    if not targets:
        raise DatasetError("no column to learn was named", remedy="give it by --target COLUMN")
    return read_own_data(table, targets, **options)


def _release(data: Any, potential: str | None, moduli: str, targets: list[str], options: StudyOptions) -> ElasticData:
    """Load a release of elastic tensors and refuse what cannot be asked of it before crystals are described."""
    if isinstance(data, pd.DataFrame):
        raise DatasetError(
            "a table is no release of elastic tensors", remedy="run_study(table=..., target=...) learns from tables"
        )
    if len(targets) > 1 or options.target not in TARGETS:
        unknown = next((name for name in targets if name not in TARGETS), targets[-1])
        raise ModelInputError(
            f"unknown target {unknown!r}" if unknown not in TARGETS else "one target decides the classes of a release",
            remedy=f"choose one of {', '.join(TARGETS)}, or give --table with your own column",
        )
    loaded = data if isinstance(data, ElasticData) else load_elastic(data, potential=potential, moduli=moduli)
    layered = loaded.table.loc[np.isfinite(loaded.table["n_layers"]), options.target].astype(float).dropna()
    if len(layered) and options.task != "regression":
        require_classes(layered, options.threshold)
    return loaded


def _origin_of(data: Any, structures: Any, table: Any) -> dict[str, Any]:
    """Paths that were given, for `study.yaml`; objects have none."""
    several = structures if isinstance(structures, (list, tuple)) else [structures]
    paths = {"data": data, "table": table}
    absolute = {key: str(Path(v).absolute()) for key, v in paths.items() if isinstance(v, (str, Path))}
    named = [str(Path(item).absolute()) for item in several if isinstance(item, (str, Path))]
    return absolute | ({"structures": named} if named else {})


def _study(
    learnt: ElasticData | OwnData, options: StudyOptions, folder: Path | None, start: float, *, progress: bool
) -> StudyResult:
    """Describe, run all steps, and put the result together."""
    kept = Kept(folder, _key(learnt, options))
    tables: StudyTables | None = kept.load("tables")
    if tables is None:
        if isinstance(learnt, OwnData):
            tables = own_tables(learnt, n_jobs=options.n_jobs, progress=progress)
        else:
            tables = build_tables(learnt, n_jobs=options.n_jobs, progress=progress)
        kept.save("tables", tables)
    tasks, remarks = tasks_of(tables, options)
    described = time.perf_counter()
    steps = _all_steps(tasks, tables, learnt, options)
    done = run_steps(steps, kept=kept, n_jobs=options.n_jobs, progress=progress)
    results = {name: item.result for name, item in done.items()}
    names = [str(name) for name in tables.values]
    result = StudyResult(
        learnt,
        options,
        tables,
        {item.name: result_of(item, results) for item in tasks},
        {name: results[f"matched series: {name}"] for name in names},
        {name: results[f"variance: {name}"] for name in names},
        results["confounding"],
        results["neighbours"],
        results["final models"],
        results["small models"],
        results.get("labels"),
        (*tables.remarks, *remarks),
        plain=results.get("plain model", Found()),
        rejected={
            item.name: results[f"rejected: {item.name}"] for item in tasks if f"rejected: {item.name}" in results
        },
        packing=questions.packing(tables) if isinstance(learnt, ElasticData) else None,
    )
    result.timings = {"describe": round(described - start, 2), "steps": round(time.perf_counter() - described, 2)}
    result.cpu_seconds = seconds_by_kind(done)
    return result


def _all_steps(
    tasks: list[Task], tables: StudyTables, learnt: ElasticData | OwnData, options: StudyOptions
) -> list[Step]:
    steps = steps_of(tasks, tables, options)
    needs = tuple(f"validation: {item.name}" for item in tasks)
    steps.append(
        Step("final models", fit_bundle, (tasks, tables, training_facts(learnt, tables.group_name), options), needs)
    )
    for name in map(str, tables.values):
        steps.append(Step(f"variance: {name}", _variance, (tables.known(name), name)))
        steps.append(Step(f"matched series: {name}", _series, (tables.known(name), name)))
    steps.append(Step("small models", fit_small, (tasks, tables, options)))
    main = next((task for task in tasks if task.target == options.target), None)
    if main is not None and main.quantity.is_modulus and "n_layers" in tables.meta:
        steps.append(Step("plain model", _plain, (tables.known(options.target), options.target)))
    steps.append(Step("confounding", questions.confounding, (tables,)))
    steps.append(Step("neighbours", nearest_crystals, (tables,)))
    if isinstance(learnt, ElasticData):
        steps.append(Step("labels", judge_labels, (learnt,)))
        for task in (item for item in tasks if not item.classify):
            arguments = (task, tables, learnt, options)
            steps.append(Step(f"rejected: {task.name}", _rejected, arguments, (f"validation: {task.name}",)))
    return steps


def _variance(tables: StudyTables, target: str) -> Found[pd.DataFrame]:
    try:
        return Found(questions.variance(tables, target))
    except PerovexError as error:
        return Found(refusal=str(error))


def _rejected(
    task: Task, tables: StudyTables, data: ElasticData, options: StudyOptions, validated: Found[Any]
) -> Found[pd.DataFrame]:
    held = None if validated.value is None else validated.value.out_of_fold()
    try:
        return Found(rejected_by_target(predictor(task, options), tables, data, task.target, held))
    except PerovexError as error:
        return Found(refusal=str(error))


def _plain(tables: StudyTables, target: str) -> Found[pd.DataFrame]:
    try:
        return Found(questions.plain(tables, target))
    except PerovexError as error:
        return Found(refusal=str(error))


def _series(tables: StudyTables, target: str) -> Found[Any]:
    try:
        return Found(questions.series(tables, target))
    except PerovexError as error:
        return Found(refusal=str(error))


def _key(learnt: ElasticData | OwnData, options: StudyOptions) -> str:
    """Return a checksum of all that decides the result."""
    facts = [
        __version__,
        environment(),
        learnt.checksum,
        getattr(learnt, "potential", None),
        getattr(learnt, "moduli", None),
        getattr(learnt, "groups", None) if isinstance(learnt, OwnData) else None,
        list(learnt.values) if isinstance(learnt, OwnData) else None,
        [p.unit for p in learnt.quantities.values()] if isinstance(learnt, OwnData) else None,
        options.to_dict(),
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
