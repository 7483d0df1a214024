"""``perovex audit-data``: quality control of a data release."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Annotated

import typer

from perovex.cli.choices import Force  # noqa: TC001 (typer reads it)

_CAPTIONS = {
    "counts": "Labels by potential",
    "rejections": "Causes of rejections, and how many labels each cost",
    "outliers": "Outliers: modulus (GPa) and modified z-score of its logarithm among crystals of the same n and halide",
    "volume_changes": "Volume changed by more than 10 % on relaxing",
    "stacking_changes": "Stacking changed on relaxing",
    "unconverged": "Not converged as asked: largest force (eV/Å) and stress (GPa)",
    "soft_modes": "Softened much by soft modes: lowest curvature (eV/Å²); E_vrh with them and with them frozen (GPa)",
    "duplicates": "Duplicates",
    "second_potential": "Two potentials on the same crystals; differences in GPa",
    "too_high": "Too high by the energies of exchanged halides or of one more sheet (meV per metal), and the crystal "
    "whose pattern promises as much",
}


def audit_data(
    data: Annotated[Path | None, typer.Option("--data", help="Data folder; default: the bundled data.")] = None,
    potential: Annotated[str | None, typer.Option(help="Which potential's labels.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the findings to this file: .json.")] = None,
    force: Force = False,
) -> None:
    """Print outliers, duplicates, suspicious relaxations, rejections and the spread between two potentials."""
    from perovex._files import write_atomic
    from perovex.cli.outputs import check_file, json_with
    from perovex.cli.tables import WIDTH, plain
    from perovex.datasets import load_elastic
    from perovex.datasets.quality.audit import audit

    check_file(out, (".json",), json_with("rejections", "second_potential"), force=force)
    loaded = load_elastic(data, potential=potential)
    findings = audit(loaded)
    print(textwrap.fill(str(loaded), WIDTH))
    for name, frame in findings.tables_with_words().items():
        print("\n" + textwrap.fill(f"{_CAPTIONS[name]}:", WIDTH))
        print(plain(frame.round(3)) if len(frame) else "  none")
    if out is not None:
        write_atomic(out, (json.dumps(findings.to_dict(), indent=2, allow_nan=False) + "\n").encode())
