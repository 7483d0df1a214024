"""``perovex describe FILE@:``: a trajectory, frame by frame and as a whole."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from perovex.cli.remarks import say
from perovex.errors import StructureFileError

if TYPE_CHECKING:
    import pandas as pd

    from perovex.descriptors.trajectory import TrajectoryDescription

FILES = "frames.csv, summary.csv, tilt_density.csv, tilt_correlation.csv, broken.csv and average.cif"


def describe_moving(
    path: str,
    *,
    out: Path | None,
    output_format: str,
    families: list[str] | None,
    types: str,
    reference: Path | None,
    progress: bool,
) -> None:
    """Print statistics of a trajectory; with `out`, a folder, write every table there, rows as they come."""
    from perovex._files import make_folder
    from perovex.descriptors.trajectory import describe_trajectory

    options: dict[str, Any] = {
        "reference": reference,
        "families": families,
        "types": [name.strip() for name in types.split(",") if name.strip()],
        "progress": progress and sys.stderr.isatty(),
    }
    if out is None:
        told = describe_trajectory(path, on_row=lambda _number, _values: None, **options)
    else:
        if out.suffix or out.is_file():
            raise StructureFileError(
                "the tables of a trajectory are several files", remedy="give --out a folder", source=out
            )
        if (out / "frames.csv").exists():
            raise StructureFileError(
                "there are tables of a trajectory here already", remedy="choose another folder", source=out
            )
        make_folder(out)  # refused before the work
        with _Rows(out / "frames.csv") as rows:
            told = describe_trajectory(path, on_row=rows.add, **options)
        _write(told, out)
    for remark in told.reference.warnings:
        say(f"perovex: note: {path}: {remark}")
    _print(told.summary, output_format)
    if len(told.broken):
        counts = told.broken["octahedron"].value_counts()
        first = told.broken.iloc[0]
        say(
            f"perovex: note: {path}: octahedra break: {len(counts)} of {len(told.reference.octahedra)}, first number"
            f" {first['octahedron']} (site {first['site']}) in frame {first['frame']}: {first['reason']}"
        )
    where = "" if out is None else f"; {FILES} in {out}"
    print(f"{told.n_frames} frames, {len(told.reference.octahedra)} octahedra{where}", file=sys.stderr)


class _Rows:
    """Rows written as they come to a file beside, which takes its name when all are there and stays otherwise."""

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, path.with_suffix(".csv.part")
        self._handle: io.TextIOWrapper | None = None

    def __enter__(self) -> Self:
        self._handle = self._part.open("w", buffering=1, newline="", encoding="utf-8")  # kept if killed
        self._table = csv.writer(self._handle, lineterminator="\n")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        assert self._handle is not None
        begun = self._handle.tell() > 0
        self._handle.close()
        if kind is None:
            self._part.replace(self._path)
        elif begun:
            say(f"perovex: rows of the frames until then are kept in {self._part}")
        else:
            self._part.unlink()

    def add(self, number: int, values: dict[str, float]) -> None:
        assert self._handle is not None
        if self._handle.tell() == 0:
            self._table.writerow(["frame", *values])
        self._table.writerow([number, *(f"{value:.8g}" for value in values.values())])


def _write(told: TrajectoryDescription, out: Path) -> None:
    from perovex._files import write_atomic

    for name in ("summary", "tilt_density", "tilt_correlation", "broken"):
        table: pd.DataFrame = getattr(told, name)
        text = table.to_csv(index=name in {"summary", "tilt_density"}, lineterminator="\n")
        write_atomic(out / f"{name}.csv", text.encode())
    write_atomic(out / "average.cif", told.average.to(fmt="cif").encode())


def _print(summary: pd.DataFrame, output_format: str) -> None:
    from perovex.cli.tables import DIGITS, print_blocks
    from perovex.descriptors import REGISTRY

    if output_format == "csv":
        summary.to_csv(sys.stdout, float_format=f"%.{DIGITS}g")
        return
    if output_format == "json":
        print(summary.to_json(orient="index", indent=1))
        return
    known = summary.dropna(subset=["mean"])
    unit_of = {"a": "Å", "b": "Å", "c": "Å", "volume": "Å³", "alpha": "deg", "beta": "deg", "gamma": "deg"}
    unit_of |= {key: REGISTRY[key].unit for key in known.index if key in REGISTRY and key not in unit_of}
    units = [unit_of.get(key, "1") for key in known.index]
    names = {"mean": "mean", "std": "spread", "autocorrelation_time": "tau", "standard_error": "error"}
    columns = [(short_name, [_number(value) for value in known[key]]) for key, short_name in names.items()]
    if output_format == "md":
        head = ["descriptor", "unit", *names.values()]
        rows = zip(known.index, units, *(cells for _, cells in columns), strict=True)
        for line in (head, ["---"] * len(head), *rows):
            print(f"| {' | '.join(line)} |")
        return
    print_blocks({"descriptor": list(known.index), "unit": units}, columns, title="over frames (tau in frames)")


def _number(value: float) -> str:
    from perovex._numbers import short

    return "" if value != value else short(value)  # noqa: PLR0124  NaN
