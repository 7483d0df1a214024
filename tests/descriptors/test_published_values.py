"""Published geometry of 515 crystals, from the bond lengths and angles of their octahedra and lines between nitrogens.

Lines between nitrogens are a check of the explanation alone: ours is a depth along the normal.
`published_values.csv.gz` holds the values as printed; `defined_otherwise` says where the printed number follows from
another definition than ours, which the test then applies. A value is met when it agrees to its printed digits.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perovex.descriptors import octahedra
from perovex.descriptors.bridges import bridge_angles

DATA = Path(__file__).parents[1] / "data"
PAIRS = list(combinations(range(6), 2))
VALUES = pd.read_csv(DATA / "published_values.csv.gz", dtype={"value": str}, keep_default_na=False)


def lengths(vectors):
    return np.linalg.norm(vectors, axis=2)


PER_OCTAHEDRON = {
    "zeta": octahedra.zeta,
    "delta": octahedra.bond_length_distortion,
    "sigma": octahedra.sigma,
    "theta": octahedra.theta,
    "octahedral_volume": octahedra.octahedral_volume,
    "mean_bond_distance": lambda v: lengths(v).mean(axis=1),
    "trans_angle": lambda v: octahedra.trans_angles(v).mean(axis=1),
    "cis_angle": lambda v: octahedra.cis_angles(v).mean(axis=1),
}
PER_CRYSTAL = {
    "bond_average": lambda v: lengths(v).mean(),
    "bond_equatorial": lambda v: lengths(v)[:, :4].mean(),
    "bond_axial": lambda v: lengths(v)[:, 4:].mean(),
    "angleXMX_average": lambda v: octahedra.trans_angles(v).mean(),
    "angleXMX_equatorial": lambda v: octahedra.trans_angles(v)[:, :2].mean(),
    "angleXMX_axial": lambda v: octahedra.trans_angles(v)[:, 2].mean(),
}


@cache
def octahedra_table():
    """Slab, sheet and bond vectors of every octahedron, by crystal."""
    table = pd.read_csv(DATA / "published_octahedra.csv.gz")
    return {
        name: (group[["slab", "sheet"]].to_numpy(), bond_vectors(group)) for name, group in table.groupby("crystal")
    }


@cache
def bridges_table():
    return dict(iter(pd.read_csv(DATA / "published_bridges.csv.gz").groupby("crystal")))


@cache
def lines_table():
    """Lines between nitrogens and the planes of terminal halides that cut them, by crystal and molecule."""
    return pd.read_csv(DATA / "published_lines.csv.gz").set_index(["crystal", "molecule"])


def bond_vectors(rows):
    """Six vectors with the lengths and angles of each row: a square root of their Gram matrix."""
    gram = np.empty((len(rows), 6, 6))
    distances = rows[[f"d{k + 1}" for k in range(6)]].to_numpy()
    for k in range(6):
        gram[:, k, k] = distances[:, k] ** 2
    for a, b in PAIRS:
        cosine = np.cos(np.radians(rows[f"a{a + 1}{b + 1}"].to_numpy()))
        gram[:, a, b] = gram[:, b, a] = distances[:, a] * distances[:, b] * cosine
    eigenvalues, eigenvectors = np.linalg.eigh(gram)
    assert np.abs(eigenvalues[:, :3]).max() < 1e-4, "six vectors in space have a Gram matrix of rank three"
    return eigenvectors[:, :, 3:] * np.sqrt(eigenvalues[:, None, 3:])


def tolerance(printed: str) -> float:
    """Half a unit of the last printed digit, down to what lengths to 1e-6 Å and angles to 1e-6 deg leave open."""
    mantissa, _, exponent = printed.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    return max(0.51 * 10.0**-decimals, 2e-6 * abs(float(printed)), 2e-5 if decimals > 6 else 0.0)


def bridging_angle(bridges) -> float:
    """Mean angle M-X-M of triangles with these sides, the halide at the origin."""
    first, second, apart = bridges[["d1", "d2", "metals"]].to_numpy().T
    along = (first**2 + apart**2 - second**2) / (2 * apart)
    below, none = -np.sqrt(first**2 - along**2), np.zeros(len(first))
    ends = [np.stack([x, below, none], axis=1) for x in (-along, apart - along)]
    return float(bridge_angles(np.stack(ends, axis=1)).mean())


def of_octahedra(row) -> list[float]:
    """One number per octahedron or, where a sheet is named, per slab: which of them is meant is not printed."""
    sheets, vectors = octahedra_table()[row.crystal]
    stem, _, sheet = row.name.partition("_layer")
    each = PER_OCTAHEDRON[next(key for key in PER_OCTAHEDRON if stem.startswith(key))](vectors)
    if not sheet:
        return each.tolist()
    if row.defined_otherwise:
        each = each.round(2)  # the mean of volumes that were rounded before
    in_sheet = sheets[:, 1] == int(sheet)
    return [float(each[in_sheet & (sheets[:, 0] == slab)].mean()) for slab in np.unique(sheets[:, 0])]


def of_line(row) -> float:
    """Part of the line between two nitrogens, cut by two planes; ours is the depth along the normal."""
    stem, _, molecule = row.name.rpartition("_mol")
    line = lines_table().loc[(row.crystal, int(molecule))]
    low, high = (line["length"] / (1 - line[f"end_{plane}"] / line[f"start_{plane}"]) for plane in ("low", "high"))
    parts = {
        "n1_to_low_plane": low,
        "low_plane_to_high_plane": high - low,
        "high_plane_to_n2": line["length"] - high,
        "total_length": line["length"],
    }
    return abs(float(parts[stem.removeprefix("penetration_")]))


def possible(row) -> list[float]:
    """Numbers that a published value can stand for."""
    if row.name.startswith("penetration"):
        return [of_line(row)]
    if row.name == "angleMXM_average":
        return [bridging_angle(bridges_table()[row.crystal])]
    vectors = octahedra_table()[row.crystal][1]
    if row.name == "d_interlayer":  # not between planes
        return [float(row.edge_c) - 2 * PER_CRYSTAL["bond_axial"](vectors)]
    if row.name in PER_CRYSTAL:
        return [float(PER_CRYSTAL[row.name](vectors))]
    return of_octahedra(row)


@pytest.mark.parametrize("name", sorted(VALUES["name"].unique()))
def test_published_values_are_met_to_their_digits(name):
    missed = {}
    for row in VALUES[VALUES["name"] == name].itertuples(index=False):
        found = possible(row)
        if min(abs(value - float(row.value)) for value in found) > tolerance(row.value):
            missed[row.crystal] = row.value, found
    assert not missed


def test_how_much_was_published_under_another_definition():
    otherwise = VALUES[VALUES["defined_otherwise"] != ""]
    assert VALUES["crystal"].nunique() == 515
    kinds = (
        otherwise["name"]
        .str.replace(r"_(mean_layer|mol)\d", "", regex=True)
        .str.replace(r"penetration_.*", "line", regex=True)
    )
    assert kinds.value_counts().to_dict() == {"line": 1280, "d_interlayer": 335, "octahedral_volume": 163}
    assert len(VALUES) == 6290
