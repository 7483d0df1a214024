"""``perovex audit-data``: quality control of a data release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def audit_data(
    data: Annotated[Path | None, typer.Option("--data", help="Data folder; default: the bundled data.")] = None,
    potential: Annotated[str | None, typer.Option(help="Which potential's labels.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the findings as JSON.")] = None,
) -> None:
    """Print outliers, duplicates, suspicious relaxations, rejections and the spread between two potentials."""
    from perovex._files import write_atomic
    from perovex.datasets import load_elastic
    from perovex.datasets.audit import audit

    loaded = load_elastic(data, potential=potential)
    findings = audit(loaded)
    print(loaded)
    for name, frame in findings.tables().items():
        print(f"\n{name.replace('_', ' ')}:")
        print(frame.round(3).to_string() if len(frame) else "  none")
    if out is not None:
        write_atomic(out, (json.dumps(findings.to_dict(), indent=2) + "\n").encode())
