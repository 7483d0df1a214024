"""``perovex validate-labels``: labels beside first-principles moduli and trends of the literature."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def validate_labels(
    data: Annotated[Path | None, typer.Option("--data", help="Data folder; default: the bundled data.")] = None,
    potential: Annotated[str | None, typer.Option(help="Which potential's labels.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the tables as JSON.")] = None,
) -> None:
    """Print how good labels are: against first-principles moduli, and by known trends."""
    from perovex._files import write_atomic
    from perovex.datasets import load_elastic
    from perovex.datasets.validation import validate_labels_against_references

    loaded = load_elastic(data, potential=potential)
    result = validate_labels_against_references(loaded)
    print(loaded)
    for name, frame in vars(result).items():
        print(f"\n{name}:")
        print(frame.round(2).to_string(index=False) if len(frame) else "  none")
    if out is not None:
        write_atomic(out, (json.dumps(result.to_dict(), indent=2) + "\n").encode())
