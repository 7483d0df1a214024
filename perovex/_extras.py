"""Optional parts of the package: which are there, and the command that installs one."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

#: Modules that each extra brings, by the name that is imported.
MODULES: Final = {
    "labels": ("sevenn", "dftd3", "filelock", "numba"),
    "dft": ("gpaw",),
    "search": ("optuna",),
    "ebm": ("interpret",),
    "scale": ("distributed",),
    "notebook": ("ipykernel", "nbclient", "nbformat"),
}

#: What an extra needs of the system first.
SYSTEM: Final = {"dft": "apt-get install libxc-dev libopenblas-dev libopenmpi-dev openmpi-bin"}


def requirements(extra: str = "") -> list[Requirement]:
    """Return what an extra needs, or the package itself, as its metadata say for this machine.

    Parameters
    ----------
    extra : str
        Name of the extra; the package itself by default.

    Returns
    -------
    list of packaging.requirements.Requirement
        Empty where the package was never installed.
    """
    try:
        lines = importlib.metadata.requires("perovex") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    listed = [Requirement(line) for line in lines]
    if not extra:
        return [item for item in listed if item.marker is None or item.marker.evaluate({"extra": ""})]
    return [
        item
        for item in listed
        if item.marker is not None
        and item.marker.evaluate({"extra": extra})
        and not item.marker.evaluate({"extra": ""})
    ]


def missing(extra: str) -> list[str]:
    """Return the modules of an extra that are not installed.

    Examples
    --------
    >>> set(missing("labels")) <= set(MODULES["labels"])
    True
    """
    return [module for module in MODULES[extra] if importlib.util.find_spec(module) is None]


def install_command(extra: str) -> str:
    """Return the command that installs an extra, wherever the package itself came from.

    It names what the extra needs rather than ``perovex[extra]``, which only works where an index knows the package.

    Examples
    --------
    >>> "optuna" in install_command("search")
    True
    """
    needed = [f"{item.name}{item.specifier}" for item in requirements(extra)] or list(MODULES[extra])
    before = f"{SYSTEM[extra]} && " if extra in SYSTEM else ""
    return before + command_for(*needed)


def command_for(*packages: str) -> str:
    """Return the shell command that installs packages for the Python that runs.

    An environment that is not activated has another ``python`` on the path, or none, and one made by uv has no pip.

    Examples
    --------
    >>> command_for("plotly>=6").endswith(" install 'plotly>=6'") or "uv" in command_for("plotly>=6")
    True
    """
    if importlib.util.find_spec("pip") is None:
        return f"uv pip install --python {_python()} {shlex.join(packages)}"
    return f"{_python()} -m pip install {shlex.join(packages)}"


def _python() -> str:
    """Return how a shell in this folder calls the interpreter that runs."""
    here = Path(sys.executable)
    on_path = shutil.which("python")
    if on_path is not None and Path(on_path).absolute() == here.absolute():
        return "python"
    if here.is_relative_to(Path.cwd()):
        return shlex.quote(str(here.relative_to(Path.cwd())))
    return shlex.quote(str(here))
