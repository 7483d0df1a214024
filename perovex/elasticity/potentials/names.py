"""Names of potentials taken apart, and what a record says about each (`perovex.elasticity.potentials.by_name`)."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, packages_distributions, version
from pathlib import Path
from typing import Any

from perovex._files import sha256
from perovex.elasticity.potentials.first_principles import CODES, settings_of

SEVENNET = ("7net-l3i5", "7net-0_11Jul2024", "7net-0_22May2024", "7net-mf-0:PBE", "7net-mf-0:R2SCAN")
D3_PBE = {"s6": 1.0, "s8": 0.7875, "a1": 0.4289, "a2": 4.4407, "s9": 0.0}
GROUP = "perovex.calculators"
CHECKPOINT = re.compile(r"(?P<file>.+\.pth)(?::(?P<task>[^:/]+))?")
FACTORY = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<factory>[A-Za-z_][\w.]*)")


def known_potentials() -> list[str]:
    """Names that `make_calculator` accepts, without files, factories and the ``+d3`` suffix."""
    return sorted({*SEVENNET, *CODES, *registered()})


def registered() -> dict[str, EntryPoint]:
    """Factories of calculators that installed packages register."""
    return {point.name: point for point in entry_points(group=GROUP)}


def split_dispersion(name: str) -> tuple[str, str]:
    """Split a name into its model and what is said of dispersion, such as ``d3``, or nothing.

    Examples
    --------
    >>> split_dispersion("7net-l3i5+d3")
    ('7net-l3i5', 'd3')
    >>> split_dispersion("/weights/c++/x.pth:mpa")
    ('/weights/c++/x.pth:mpa', '')
    """
    model, plus, suffix = name.rpartition("+")
    if not plus or "/" in suffix or suffix.endswith(".pth"):
        return name, ""
    return model, suffix


def describe(name: str) -> dict[str, Any]:
    """Return what a record says about the potential.

    Returns
    -------
    dict
        ``name``, ``model``, ``dispersion`` with its parameters; of a checkpoint its ``task`` and ``sha256``, of a
        factory the version of the ``package`` that holds it, of a first-principles code its ``settings``.
    """
    model, suffix = split_dispersion(name)
    dispersion = {"name": "D3(BJ)", "functional": "PBE", **D3_PBE} if suffix == "d3" else None
    record: dict[str, Any] = {"name": name, "model": model, "dispersion": dispersion}
    checkpoint = CHECKPOINT.fullmatch(model)
    if model.partition(":")[0] in CODES:
        record["settings"] = settings_of(model).to_dict()
    elif checkpoint and Path(checkpoint["file"]).is_file():
        file = Path(checkpoint["file"])
        record |= {"model": file.name, "task": checkpoint["task"], "sha256": _digest(file, file.stat().st_mtime_ns)}
    elif model not in SEVENNET and FACTORY.fullmatch(model):
        record["package"] = _package_of(model.partition(":")[0])
    return record


@lru_cache(maxsize=8)
def _digest(file: Path, _modified: int) -> str:
    return sha256(file)


def _package_of(module: str) -> str | None:
    """Distribution and version that hold a module, None for a loose file."""
    for distribution in packages_distributions().get(module.partition(".")[0], []):
        try:
            return f"{distribution} {version(distribution)}"
        except PackageNotFoundError:
            continue
    return None


def file_stem(name: str) -> str:
    """Name of a potential as part of a file name.

    A name that is a path, or has characters that file systems dislike, is shortened and told apart by the checksum of
    the checkpoint.

    Examples
    --------
    >>> file_stem("7net-l3i5+d3")
    '7net-l3i5+d3'
    >>> file_stem("ase.calculators.emt:EMT")
    'ase.calculators.emt-EMT'
    """
    model, suffix = split_dispersion(name)
    checkpoint = CHECKPOINT.fullmatch(model)
    if checkpoint:
        file = Path(checkpoint["file"])
        task = f"-{checkpoint['task']}" if checkpoint["task"] else ""
        digest = f"-{_digest(file, file.stat().st_mtime_ns)[:8]}" if file.is_file() else ""
        model = f"{file.stem}{task}{digest}"
    return re.sub(r"[^\w.+=-]", "-", model) + (f"+{suffix}" if suffix else "")
