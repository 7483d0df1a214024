"""``perovex doctor``: what is installed, what is missing, and the command that installs it."""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from perovex.errors import PerovexError

#: What each extra is for.
USES = {
    "labels": "perovex label, and --relax of build and predict",
    "dft": "labels by the first-principles code GPAW",
    "search": "search of hyperparameters",
    "ebm": "explainable boosting machines",
    "scale": "--executor dask of screen and label",
    "notebook": "the notebooks",
}


@dataclass
class Finding:
    """One line of the examination."""

    subject: str
    state: Literal["ok", "missing", "broken", "info"]
    said: str
    remedy: str = ""


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False) -> None:
    """Examine the installation: versions, optional parts, data and models, processors; exit status 2 if it is broken.

    An optional part that is missing is no fault; the command that installs it is printed.
    """
    findings = examine()
    if as_json:
        print(json.dumps([asdict(item) for item in findings], indent=1, ensure_ascii=False))
    else:
        for item in findings:
            print(f"{item.state:8}{item.subject}: {item.said}")
            if item.remedy:
                print(f"        -> {item.remedy}")
    if any(item.state == "broken" for item in findings):
        raise typer.Exit(2)


def examine() -> list[Finding]:
    """Return what there is to say about this installation."""
    return [*_program(), *_dependencies(), *_extras(), *_data(), *_models(), *_machine()]


def _program() -> list[Finding]:
    import perovex

    here = Path(perovex.__file__).parent
    return [
        Finding("perovex", "info", f"{perovex.__version__} in {here}"),
        Finding("Python", "info", f"{platform.python_version()} ({sys.executable}), {platform.platform()}"),
    ]


def _dependencies() -> list[Finding]:
    """Compare what is installed with the bounds of the package's own metadata."""
    from importlib.metadata import PackageNotFoundError, version

    from perovex._extras import command_for, requirements

    needed = requirements()
    if not needed:
        return [Finding("dependencies", "info", "perovex runs from its source, so that bounds are not known")]
    wrong = []
    for item in needed:
        try:
            installed = version(item.name)
        except PackageNotFoundError:
            wrong.append((item, "missing"))
            continue
        if not item.specifier.contains(installed, prereleases=True):
            wrong.append((item, f"{installed}, needed is {item.specifier}"))
    if not wrong:
        versions = ", ".join(f"{item.name} {version(item.name)}" for item in needed)
        return [Finding("dependencies", "ok", versions)]
    return [Finding(item.name, "broken", said, command_for(f"{item.name}{item.specifier}")) for item, said in wrong]


def _extras() -> list[Finding]:
    from perovex._extras import MODULES, install_command, missing

    findings = []
    for extra in MODULES:
        absent = missing(extra)
        if absent:
            said = f"without {', '.join(absent)}; for {USES[extra]}"
            findings.append(Finding(f"extra {extra}", "missing", said, install_command(extra)))
        else:
            findings.append(Finding(f"extra {extra}", "ok", f"for {USES[extra]}"))
    return findings


def _data() -> list[Finding]:
    from perovex._bundled import data_root
    from perovex.datasets.paths import CHECKSUMS, verify_checksums

    try:
        releases = sorted(path.parent for path in (data_root() / "elastic").glob(f"*/{CHECKSUMS}"))
        for release in releases:
            verify_checksums(release)
    except PerovexError as error:
        return [Finding("data", "broken", str(error), "reinstall perovex")]
    if not releases:
        return [Finding("data", "broken", "no release of the data set", "reinstall perovex")]
    return [Finding("data", "ok", f"{', '.join(path.name for path in releases)} equal to their checksums")]


def _models() -> list[Finding]:
    from perovex.learn import ModelBundle
    from perovex.prediction import default_models

    findings = []
    for moduli in ("relaxed", "soft_frozen"):
        try:
            bundle = ModelBundle.load(default_models(moduli))
        except PerovexError as error:
            said = f"{error.source or 'models'}: {error.cause}"
            findings.append(Finding(f"models {moduli}", "broken", said, error.remedy or "reinstall perovex"))
            continue
        training = bundle.manifest.get("training", {})
        said = f"{len(bundle.regressors)} moduli, trained on data {training.get('data_version', '?')}"
        findings.append(Finding(f"models {moduli}", "ok", said))
    return findings


def _machine() -> list[Finding]:
    from threadpoolctl import threadpool_info

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    asked = os.environ.get("OMP_NUM_THREADS")
    pools = ", ".join(sorted({f"{pool['internal_api']} {pool['num_threads']}" for pool in threadpool_info()}))
    setting = f"OMP_NUM_THREADS={asked}" if asked else "OMP_NUM_THREADS is not set"
    return [
        Finding("processors", "info", f"{usable} usable; {setting}; threads: {pools}"),
        Finding("console", "info", f"encoding {sys.stdout.encoding}"),
    ]
