"""`run_study`: every step in order, every file written."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import delayed
from tqdm import tqdm

from perovex import __version__
from perovex._files import check_folder, write_atomic
from perovex._workers import workers
from perovex.datasets import load_elastic
from perovex.study.modelling import (
    CLASSIFIER,
    TaskResult,
    interval_coverage,
    make_estimator,
    require_classes,
    run_task,
)
from perovex.study.options import StudyOptions
from perovex.study.questions import confounding, series_by_target, variance_by_target
from perovex.study.tables import TARGETS, StudyTables, build_tables

if TYPE_CHECKING:
    import pandas as pd

    from perovex.datasets import ElasticData
    from perovex.learn import ModelBundle


@dataclass
class StudyResult:
    """All that a study found.

    Attributes
    ----------
    data : ElasticData
    options : StudyOptions
    tables : StudyTables
    threshold : float
        GPa, above which a crystal is called stiff.
    tasks : dict of str to TaskResult
        ``"stiff"`` and each modulus.
    series : dict of str to object
        Matched series (same spacer and halide, several n) by modulus, or the reason.
    variance : dict of str to DataFrame or str
        Share of the variance by angle, halide, spacer and n, or the reason why not.
    confounding : DataFrame
        Association between those factors.
    bundle : ModelBundle
        Models trained on all layered crystals.
    seconds : float
        Wall time.
    timings : dict of str to float
        Wall time of each step, s.
    """

    data: ElasticData
    options: StudyOptions
    tables: StudyTables
    threshold: float
    tasks: dict[str, TaskResult]
    series: dict[str, Any]
    variance: dict[str, Any]
    confounding: pd.DataFrame
    bundle: ModelBundle
    seconds: float = 0.0
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def claims(self) -> list[dict[str, Any]]:
        """Verdicts on the published claims, by claim and target."""
        return [verdict.to_dict() for task in self.tasks.values() for verdict in task.verdicts]

    def to_dict(self) -> dict[str, Any]:
        """Return everything that goes to ``results.json``; the same seed and data give the same dictionary."""
        from perovex._json import json_safe
        from perovex.datasets.quality.references import validate_labels_against_references
        from perovex.learn import environment

        content = {
            "perovex": __version__,
            "environment": environment(),
            "options": self.options.to_dict(),
            "data": describe_data(self.data, self.tables),
            "labels": validate_labels_against_references(self.data).to_dict(),
            "threshold_GPa": self.threshold,
            "models": {name: task.to_dict() for name, task in self.tasks.items()},
            "claims": self.claims,
            "variance": {
                name: item.reset_index().to_dict(orient="records") if hasattr(item, "to_dict") else item
                for name, item in self.variance.items()
            },
            "confounding": self.confounding.to_dict(),
            "matched_series": {name: _plain(item) for name, item in self.series.items()},
        }
        safe: dict[str, Any] = json_safe(content)
        return safe

    def summary(self) -> str:
        """Return the main findings in a few lines."""
        from perovex.study.report.summary import summary_lines

        return "\n".join(summary_lines(self))

    def _repr_html_(self) -> str:
        from perovex.study.report.summary import summary_html

        return summary_html(self)


def describe_data(data: ElasticData, tables: StudyTables) -> dict[str, Any]:
    """Return size, origin and checksum of the data of a study."""
    by_n = tables.meta["n_layers"].value_counts().sort_index()
    return {
        "version": data.version,
        "checksum": data.checksum,
        "potential": data.potential,
        "moduli": data.moduli,
        "layered_crystals": len(tables.X),
        "three_dimensional_crystals": len(tables.context),
        "rejected_labels": len(data.rejected),
        "spacers": int(tables.groups.nunique()),
        "by_n_layers": {f"{n:g}": int(count) for n, count in by_n.items()},
        "by_halide": {str(k): int(v) for k, v in tables.meta["halide"].value_counts().sort_index().items()},
        "descriptors_offered": list(tables.X.columns),
        "descriptors_not_offered": tables.dropped,
        "not_described": tables.failures["error"].to_dict(),
    }


def _plain(item: Any) -> Any:
    return item.to_dict() if hasattr(item, "to_dict") else item


def run_study(  # noqa: PLR0913
    out: str | Path | None = None,
    *,
    data: str | Path | ElasticData | None = None,
    potential: str | None = None,
    moduli: str = "relaxed",
    target: str = "E_in_plane",
    threshold: str | float = "median",
    algorithm: str = "average",
    seed: int = 0,
    quick: bool = False,
    n_jobs: int = 2,
    progress: bool = False,
) -> StudyResult:
    """Run the whole study and write its files.

    Parameters
    ----------
    out : path, optional
        Folder for ``report.html``, ``results.json``, ``descriptors.csv``, ``figures/`` and ``models/``; nothing is
        written without it.
    data : path or ElasticData, optional
        Default: the bundled data.
    potential : str, optional
        Which potential's labels; default the one with most accepted labels.
    moduli : {"relaxed", "soft_frozen"}
        What is learnt: moduli with all ions relaxed under strain, or with the softest modes frozen; an `ElasticData`
        knows its own.
    target : {"E_in_plane", "E_out_of_plane", "E_vrh"}
        Modulus that decides stiff or non-stiff.
    threshold : str or float
        ``"median"``, a quantile such as ``"q0.6"``, or a value in GPa.
    algorithm : {"average", "xgboost", "random_forest", "hist_gradient_boosting", "gaussian_process"}
        What predicts; explanations are always of trees, which stand beside it in the scores.
    seed : int
        The same seed gives the same results.
    quick : bool
        Fewer repeats.
    n_jobs : int
        Worker processes; the results do not depend on it.
    progress : bool
        Progress bars on stderr.

    Returns
    -------
    StudyResult

    Raises
    ------
    DatasetError
        If the data are missing, damaged or empty.
    ModelInputError
        If only one class exists or too few crystals are there to learn from.
    PerovexError
        If nothing can be written at `out`.
    """
    start = time.perf_counter()
    options = StudyOptions(
        target=target, threshold=threshold, algorithm=algorithm, seed=seed, quick=quick, n_jobs=n_jobs
    )
    if out is not None:
        check_folder(Path(out))  # refused now rather than after minutes
    timings: dict[str, float] = {}

    def lap(name: str) -> None:
        timings[name] = round(time.perf_counter() - start - sum(timings.values()), 2)

    if data is None or isinstance(data, (str, Path)):
        loaded = load_elastic(data, potential=potential, moduli=moduli)
    else:
        loaded = data
    layered = loaded.table.loc[np.isfinite(loaded.table["n_layers"]), options.target].astype(float).dropna()
    if len(layered):
        require_classes(layered, options.threshold)  # before minutes of describing
    tables = build_tables(loaded, progress=progress)
    limit = require_classes(tables.moduli[options.target], options.threshold)
    lap("describe")
    units = descriptor_units(tables.X)
    tasks = _run_tasks(tables, units, options, progress=progress)
    lap("validate, explain, transfer")
    series = series_by_target(tables, TARGETS)
    variance = variance_by_target(tables, TARGETS)
    lap("matched series and variance")
    bundle = fit_bundle(loaded, tables, tasks, units, options)
    lap("final models")
    result = StudyResult(
        loaded, options, tables, limit, tasks, series, variance, confounding(tables), bundle, timings=timings
    )
    if out is not None:
        write_study(result, Path(out))
        lap("report")
    result.seconds = time.perf_counter() - start
    return result


def descriptor_units(X: pd.DataFrame) -> dict[str, str]:
    """Return the unit of each descriptor column from the registry."""
    from perovex.descriptors import REGISTRY

    return {key: REGISTRY[key].unit for key in X.columns}


def _run_tasks(
    tables: StudyTables, units: dict[str, str], options: StudyOptions, *, progress: bool
) -> dict[str, TaskResult]:
    names = [CLASSIFIER, *TARGETS]
    # Processes, not threads: xgboost stays at one thread in each.
    jobs = workers(options.n_jobs, return_as="generator")(
        delayed(run_task)(name, tables, units, options) for name in names
    )
    found = tqdm(jobs, total=len(names), desc="validate and explain", unit="model", disable=not progress)
    return {task.name: task for task in found}


def fit_bundle(
    data: ElasticData, tables: StudyTables, tasks: dict[str, TaskResult], units: dict[str, str], options: StudyOptions
) -> ModelBundle:
    """Train the models that are saved, on all layered crystals, and attach their held-out scores."""
    from perovex.descriptors import REGISTRY
    from perovex.learn import ModelBundle

    metrics = {name: t.evaluation.to_dict() for name, t in tasks.items() if t.evaluation is not None}
    return ModelBundle.fit(
        tables.X,
        tables.moduli,
        tables.groups,
        target=options.target,
        threshold=options.threshold,
        targets=list(TARGETS),
        classifier=make_estimator(CLASSIFIER, options, intervals=True),
        regressor=make_estimator(TARGETS[0], options, intervals=True),
        coverage=interval_coverage(tables.groups.nunique()) or 0.8,
        units=units,
        versions={key: REGISTRY[key].version for key in tables.X.columns},
        metrics=metrics,
        training={
            "data_version": data.version,
            "data_checksum": data.checksum,
            "potential": data.potential,
            "moduli": data.moduli,
        },
        random_state=options.seed,
    )


def write_study(result: StudyResult, out: Path) -> None:
    """Write every file of a study: JSON and CSV first, then figures and report, then models."""
    from perovex.study.report.report import build_report

    table = result.tables.descriptors.join(result.data.table[[*TARGETS]], how="left")
    write_atomic(out / "descriptors.csv", table.to_csv(lineterminator="\n").encode())
    content = json.dumps(result.to_dict(), indent=1, allow_nan=False)
    write_atomic(out / "results.json", (content + "\n").encode())
    result.bundle.save(out / "models")
    build_report(result, out / "figures").write(out / "report.html")
