"""Measure the octahedra of crystals with published distortions, for tests/descriptors/test_published_values.py.

Usage: python benchmarks/published_octahedra.py TABLE.csv... --structures FOLDER --out tests/data

The tables are those of `descriptor_references.py`. Of each crystal go in the six bond lengths and fifteen X-M-X angles
of every octahedron, the two M-X lengths and the M...M distance of every bridge, the cell edge c, and of the lines
between nitrogens that were published cut by planes of terminal halides their lengths and the heights of their ends
above these planes: lengths and angles, no coordinates. Values that need more stay with `descriptor_references.py`.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from descriptor_references import BY_CRYSTAL, PER_OCTAHEDRON, SEGMENTS, cut, judge, nitrogen_lines, published
from tqdm import tqdm

from perovex.crystal import perceive
from perovex.errors import PerovexError

PAIRS = list(combinations(range(6), 2))


def is_measurable(name: str) -> bool:
    """Whether a value follows from octahedra, bridges, the cell edge and lines between nitrogens."""
    stem = name.partition("_layer")[0]
    return (
        name.startswith("penetration_")
        or name in BY_CRYSTAL
        or stem in PER_OCTAHEDRON
        or stem.removesuffix("_mean") in PER_OCTAHEDRON
    )


def octahedra_of(name: str, crystal) -> list[dict]:
    """One row per octahedron: sheet (slab.sheet, counted along the normal), bond lengths (Å), angles (deg)."""
    rows = []
    for k, slab in enumerate(crystal.slabs):
        for j, sheet in enumerate(slab.sheets):
            for i in sheet:
                vectors = crystal.octahedra.vectors[i]
                lengths = np.linalg.norm(vectors, axis=1)
                cosines = [vectors[a] @ vectors[b] / (lengths[a] * lengths[b]) for a, b in PAIRS]
                angles = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
                row = {f"d{a + 1}": round(float(v), 6) for a, v in enumerate(lengths)}
                row |= {f"a{a + 1}{b + 1}": round(float(v), 6) for (a, b), v in zip(PAIRS, angles, strict=True)}
                rows.append({"crystal": name, "slab": k + 1, "sheet": j + 1, **row})
    return rows


def bridges_of(name: str, crystal) -> list[dict]:
    """One row per bridging halide: both bond lengths and the distance of the metals, Å."""
    return [
        {"crystal": name, "d1": d[0], "d2": d[1], "metals": round(float(np.linalg.norm(pair[0] - pair[1])), 6)}
        for pair in crystal.bridges.vectors
        for d in [np.linalg.norm(pair, axis=1).round(6)]
    ]


def lines_of(name: str, crystal, group: pd.DataFrame) -> list[dict]:
    """One row per molecule whose line was published: the line of the file that comes nearest to all its parts."""
    rows, lines = [], None
    values = dict(zip(group["descriptor"], group["value"], strict=True))
    for molecule in (1, 2):
        printed = [values.get(f"penetration_{part}_mol{molecule}") for part in SEGMENTS]
        if None in printed:
            continue
        lines = nitrogen_lines(crystal) if lines is None else lines
        nearest = min(lines, key=lambda line: float(np.abs(np.subtract(list(cut(*line).values()), printed)).max()))
        keys = ("length", "start_low", "end_low", "start_high", "end_high")
        rows.append(
            {"crystal": name, "molecule": molecule, **{k: round(v, 6) for k, v in zip(keys, nearest, strict=True)}}
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", type=Path, nargs="+")
    parser.add_argument("--structures", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    table = pd.concat([published(path) for path in options.tables])
    table = table[table["descriptor"].map(is_measurable)]
    octahedra, bridges, lines, values = [], [], [], []
    for file, group in tqdm(table.groupby("file", sort=False), desc="crystals"):
        path, name = options.structures / file, file.rpartition(".")[0]
        try:
            crystal = perceive(path, disorder="major")
        except PerovexError:
            continue
        octahedra += octahedra_of(name, crystal)
        if name.startswith("dj/"):
            bridges += bridges_of(name, crystal)
        lines += lines_of(name, crystal, group)
        for row in group.itertuples():
            verdict = judge(path, crystal, row.descriptor, row.value)[0]
            edge = round(float(crystal.structure.lattice.c), 6) if row.descriptor == "d_interlayer" else None
            values.append((name, row.descriptor, row.value, edge, verdict))
    columns = ["crystal", "name", "value", "edge_c", "defined_otherwise"]
    compressed = {"method": "gzip", "mtime": 0}
    for stem, frame in (
        ("published_octahedra", pd.DataFrame(octahedra)),
        ("published_bridges", pd.DataFrame(bridges)),
        ("published_lines", pd.DataFrame(lines)),
        ("published_values", pd.DataFrame(values, columns=columns)),
    ):
        frame.to_csv(options.out / f"{stem}.csv.gz", index=False, compression=compressed)
        print(f"{stem}: {len(frame)} rows")


if __name__ == "__main__":
    main()
