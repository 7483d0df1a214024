"""Compare perceived crystals with published values, crystal by crystal, and explain what differs.

Usage: python benchmarks/descriptor_references.py TABLE.csv --structures FOLDER [--all]

Two layouts are understood:

* one row per crystal: `identifier` and the columns of `BY_CRYSTAL`; the crystal is FOLDER/dj/IDENTIFIER.cif;
* one row per value: `file` (relative to FOLDER), `descriptor` and `value`, the names of `BY_VALUE`.

A published value agrees when it is met to its printed digits (2e-5 where more than six are printed: coordinates have
fewer). What does not agree is put to other definitions, one after the other, and named after the one that fits; the
rest is listed with both numbers. `--all` lists every disagreement.
"""

from __future__ import annotations

import argparse
from collections import Counter
from itertools import permutations
from pathlib import Path

import gemmi
import numpy as np
import pandas as pd
from tqdm import tqdm

from perovex.crystal import perceive, read
from perovex.descriptors import octahedra
from perovex.descriptors.bridges import bridge_angles, deviation_in_plane, deviation_out_of_plane
from perovex.descriptors.describing import row
from perovex.errors import CoordinationError, PerovexError

BY_CRYSTAL = {
    "bond_average": "bond_length_mean",
    "bond_equatorial": "bond_length_equatorial_mean",
    "bond_axial": "bond_length_axial_mean",
    "angleXMX_average": "trans_angle_mean",
    "angleXMX_equatorial": "trans_angle_equatorial_mean",
    "angleXMX_axial": "trans_angle_axial_mean",
    "angleMXM_average": "bridge_angle_mean",
    "d_interlayer": "layer_spacing_halide",
}
PER_OCTAHEDRON = {
    "zeta": octahedra.zeta,
    "delta": octahedra.bond_length_distortion,
    "sigma": octahedra.sigma,
    "theta_mean": octahedra.theta,
    "octahedral_volume": octahedra.octahedral_volume,
    "mean_bond_distance": lambda v: np.linalg.norm(v, axis=2).mean(axis=1),
    "trans_angle_mean": lambda v: octahedra.trans_angles(v).mean(axis=1),
    "cis_angle_mean": lambda v: octahedra.cis_angles(v).mean(axis=1),
}
BY_VALUE = {
    "sigma2": ("bond_angle_variance_mean", 1.0),
    "delta_d": ("bond_length_distortion_mean", 1e5),
    "max_D_in": ("bridge_deviation_in_max", 1.0),
}
SEGMENTS = ("n1_to_low_plane", "low_plane_to_high_plane", "high_plane_to_n2", "total_length")


def tolerance(value: float) -> float:
    """Half a unit of the last printed digit, within reason."""
    text = f"{value!r}"
    decimals = len(text.partition(".")[2]) if "e" not in text else 6
    return max(0.51 * 10.0 ** -min(decimals, 6), 2e-5 * (decimals > 6), 2e-6 * abs(value))


def candidates(crystal, name: str) -> list[tuple[str, list[float]]]:  # noqa: C901, PLR0911  one branch per name
    """Return what a published name can stand for, our definition first: (explanation, values)."""
    values = row(crystal, ("octahedra", "bridges", "layers"))
    structure = crystal.structure
    if name in BY_CRYSTAL:
        meanings = [("", [values[BY_CRYSTAL[name]]])]
        if name == "d_interlayer":
            edge = structure.lattice.c - 2 * values["bond_length_axial_mean"]
            meanings.append(("defined as cell edge c minus two axial bond lengths, not between planes", [edge]))
        return meanings
    if name in BY_VALUE:
        key, factor = BY_VALUE[name]
        return [("", [factor * values[key]])]
    if name == "max_D":
        return [("", [180.0 - values["bridge_angle_min"]])]
    flat = crystal.bridges.vectors[~crystal.bridges.axial]
    if name in {"delta_beta_out", "max_D_out"}:
        ours, levelled = deviation_out_of_plane(flat, crystal.normal), levelled_deviation(flat, crystal.normal)
        pick = np.ptp if name == "delta_beta_out" else np.max
        return [
            ("", [float(pick(ours))]),
            ("metals moved along the normal to their common mean height", [float(pick(levelled))]),
        ]
    if name in PLANAR:
        return [("", PLANAR[name](crystal))]
    if name in {"delta_beta", "delta_beta_in"}:
        angles = {
            "delta_beta": bridge_angles(flat),
            "delta_beta_in": deviation_in_plane(flat, crystal.normal),
        }[name]
        return [("", [float(np.ptp(angles))])]
    if "#" in name:  # the bonds of one metal of a refinement, sorted; which metal is not said
        return [("", np.sort(crystal.octahedra.bond_lengths.ravel()).tolist())]
    if name.count("-") >= 2 and name.startswith(("Pb", "Sn")):
        return [("", bridge_angles(crystal.bridges.vectors).tolist())]
    if name.startswith("penetration_"):
        part = next(s for s in SEGMENTS if s in name)
        return [
            ("", segments(crystal, part)),
            (
                "nitrogens as they stand in the file, cut by planes that hold two terminal halides each",
                unfolded_segments(crystal, part),
            ),
        ]
    return of_octahedra(crystal, name)


def of_octahedra(crystal, name: str) -> list[tuple[str, list[float]]]:
    """Return what a published distortion of octahedra, or of those of one sheet, can stand for."""
    stem, _, layer = name.partition("_layer")
    stem = stem.removesuffix("_mean") if stem.removesuffix("_mean") in PER_OCTAHEDRON else stem
    if stem not in PER_OCTAHEDRON:
        return []
    each = PER_OCTAHEDRON[stem](crystal.octahedra.vectors)
    if not layer:
        return [("", each.tolist())]
    sheets = [[float(each[list(sheet)].mean()) for sheet in slab.sheets] for slab in crystal.slabs]
    k = int(layer) - 1
    up = [slab[k] for slab in sheets if k < len(slab)]
    down = [slab[-1 - k] for slab in sheets if k < len(slab)]
    single = each[[i for slab in crystal.slabs for i in slab.octahedra]].tolist()
    rounded = [float(np.round(each[list(sheet)], 2).mean()) for slab in crystal.slabs for sheet in slab.sheets]
    return [
        ("", up),
        ("mean of values that were rounded to two decimals before", rounded if "volume" in stem else []),
        ("sheets counted from the other side", down),
        ("one octahedron of the sheet, not the mean over it", single),
        ("another sheet of the slab", [v for slab in sheets for v in slab]),
    ]


def levelled_deviation(vectors, normal):
    """D_out of the angle with both metals at their mean height along the normal."""
    heights = vectors @ normal
    level = vectors - (heights - heights.mean(axis=1, keepdims=True))[..., None] * normal
    return deviation_out_of_plane(level, normal)


def height_steps(crystal, ligand: int | None) -> list[float]:
    """Differences in height of metals that share a halide, or of one ligand of each."""
    bridges, heights = crystal.bridges, crystal.octahedra.vectors @ crystal.normal
    steps = (bridges.vectors[:, 0] - bridges.vectors[:, 1]) @ crystal.normal
    if ligand is not None:
        steps = steps + np.subtract(*heights[bridges.octahedron, ligand].T)
    return np.abs(steps[~bridges.axial]).tolist()


def ammonium_halide(crystal) -> list[float]:
    """Mean of the two shortest H...X distances of each ammonium, one H...X per hydrogen."""
    structure, means = crystal.structure, []
    halides = structure.frac_coords[np.unique(crystal.octahedra.ligand)]
    for molecule in crystal.spacers:
        for head in molecule.ammonium:
            pairs = molecule.bonds[(molecule.bonds == head).any(axis=1)].ravel()
            protons = molecule.coordinates[[i for i in pairs if molecule.symbols[i] == "H"]]
            distances = structure.lattice.get_all_distances(structure.lattice.get_fractional_coords(protons), halides)
            means.append(float(np.sort(distances.min(axis=1))[:2].mean()))
    return means


PLANAR = {
    "delta_M": lambda crystal: height_steps(crystal, None),
    "delta_X_ax": lambda crystal: height_steps(crystal, 4) + height_steps(crystal, 5),
    "delta_X_eq": lambda crystal: [
        float(h[2] - h[0]) for h in np.sort(crystal.octahedra.vectors[:, :4] @ crystal.normal, axis=1)
    ],
    "r_bar_hb_small": ammonium_halide,
    "r_bar_hb_large": ammonium_halide,
}


def rounding(path: Path, crystal, name: str) -> float:
    """By how much the digits of a CIF leave a bond length (Å) or an angle at a halide (degrees) open.

    Counts the most digits that any coordinate of the file has, so that zeros left out do not excuse anything.
    """
    if path.suffix != ".cif":
        return 0.0
    table = gemmi.cif.read(str(path)).sole_block().find("_atom_site_fract_", ["x", "y", "z"])
    text = np.array([[value.partition("(")[0] for value in site] for site in table])
    digits = np.array([[len(value.partition(".")[2]) for value in site] for site in text]).max(axis=0)
    apart = float(np.linalg.norm(10.0**-digits * crystal.structure.lattice.abc))  # half a unit at both ends
    if "#" in name:
        return apart
    if name.count("-") >= 2:
        return float(np.degrees(2 * apart / crystal.octahedra.bond_lengths.mean()))
    return 0.0


def six_nearest(path: Path, values: dict[str, float]) -> str:
    """Say of a crystal that is refused as not six-coordinate whether it was published with six ligands all the same."""
    structure = read(path)
    metals = [i for i, site in enumerate(structure) if site.specie.symbol in {"Pb", "Sn"}]
    bonds = []
    for i in metals:
        around = structure.get_neighbors(structure[i], 6.0)
        bonds.append(sorted(n.nn_distance for n in around if n.specie.symbol in {"Cl", "Br", "I"})[:6])
    average = values.get("bond_average", np.nan)
    if all(len(b) == 6 for b in bonds) and abs(np.mean(bonds) - average) <= tolerance(average):
        return "refused as not six-coordinate; published are the six nearest halides, however far"
    return "refused: CoordinationError"


def nitrogen_lines(crystal) -> list[tuple[float, ...]]:
    """Lines between all nitrogens of the file, without lattice translations, and two planes of terminal halides.

    The lower plane holds the two terminal halides with the lowest z in the file, the upper one the two with the
    highest z; two atoms do not fix a plane, its normal is the part of the edge c that is square to their line. Of each
    line: its length, and the heights of start and end above the lower and above the upper plane, Å.
    """
    structure, octahedra = crystal.structure, crystal.octahedra
    edge = structure.lattice.matrix[2]
    terminal = structure.cart_coords[np.unique(octahedra.ligand[~octahedra.bridging])]
    terminal = terminal[np.argsort(terminal[:, 2])]
    planes = []
    for pair in (terminal[:2], terminal[-2:]):
        line = np.subtract(*pair) / np.linalg.norm(np.subtract(*pair))
        normal = edge - (edge @ line) * line
        planes.append((pair.mean(axis=0), normal / np.linalg.norm(normal)))
    nitrogens = structure.cart_coords[[site.specie.symbol == "N" for site in structure]]
    return [
        (float(np.linalg.norm(end - start)), *(float((n - c) @ normal) for c, normal in planes for n in (start, end)))
        for start, end in permutations(nitrogens, 2)
    ]


def cut(length: float, start_low: float, end_low: float, start_high: float, end_high: float) -> dict[str, float]:
    """Parts of a line cut by two planes, from its length and the heights of its ends above them."""
    low, high = (s / (s - e) * length for s, e in ((start_low, end_low), (start_high, end_high)))
    return dict(zip(SEGMENTS, np.abs([low, high - low, length - high, length]).tolist(), strict=True))


def unfolded_segments(crystal, part: str) -> list[float]:
    """The same parts between all nitrogens of the file, without lattice translations: see `nitrogen_lines`."""
    return [cut(*line)[part] for line in nitrogen_lines(crystal)]


def segments(crystal, part: str) -> list[float]:
    """Parts of the line between the two nitrogens of each spacer, cut by the planes of the terminal halides."""
    from perovex.descriptors._stacking import find_gaps, place_spacers

    gaps = find_gaps(crystal)
    lengths = []
    for spacer in place_spacers(crystal, gaps):
        ends = list(spacer.molecule.ammonium)
        if len(ends) != 2:
            continue
        low, high = sorted(spacer.heights[ends])
        length = float(np.linalg.norm(np.subtract(*spacer.molecule.coordinates[ends])))
        gap, rise = gaps[spacer.gap], high - low
        parts = dict(zip(SEGMENTS, (gap.floor - low, gap.ceiling - gap.floor, high - gap.ceiling), strict=False))
        lengths.append(length if part == "total_length" else abs(parts[part]) * length / rise)
        if part in ("n1_to_low_plane", "high_plane_to_n2"):  # which nitrogen is the first one is not said
            other = "high_plane_to_n2" if part == "n1_to_low_plane" else "n1_to_low_plane"
            lengths.append(abs(parts[other]) * length / rise)
    return lengths


def judge(path: Path, crystal, name: str, value: float) -> tuple[str, float]:
    """Explain a value, and give ours that is nearest to it: "" agrees, "?" nothing fits."""
    options = candidates(crystal, name)
    if not options or not options[0][1]:
        return "not compared: no such descriptor", float("nan")
    nearest = min(options[0][1], key=lambda v: abs(v - value))
    for why, numbers in options:
        if numbers and min(abs(v - value) for v in numbers) <= tolerance(value):
            return why, nearest
    if abs(nearest - value) <= rounding(path, crystal, name):
        return "within what the digits of the file leave open", nearest
    return "?", nearest


def published(path: Path) -> pd.DataFrame:
    """Columns file, descriptor, value of either layout."""
    table = pd.read_csv(path, dtype={"identifier": str})
    if "identifier" in table:
        table = table.melt(id_vars="identifier", var_name="descriptor")
        table["file"] = "dj/" + table["identifier"] + ".cif"
    return table[["file", "descriptor", "value"]].dropna().drop_duplicates()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--structures", type=Path, required=True)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    table = published(options.table)
    verdicts = []
    for file, group in tqdm(table.groupby("file", sort=False), desc="crystals"):
        path = options.structures / file
        try:
            crystal = perceive(path, disorder="major")
        except CoordinationError:
            why = six_nearest(path, dict(zip(group["descriptor"], group["value"], strict=True)))
            verdicts += [(file, r.descriptor, r.value, why, np.nan) for r in group.itertuples()]
            continue
        except PerovexError as error:
            verdicts += [(file, r.descriptor, r.value, f"refused: {error.kind}", np.nan) for r in group.itertuples()]
            continue
        verdicts += [
            (file, r.descriptor, r.value, *judge(path, crystal, r.descriptor, r.value)) for r in group.itertuples()
        ]
    result = pd.DataFrame(verdicts, columns=["file", "descriptor", "value", "verdict", "ours"])
    result["kind"] = result["descriptor"].str.replace(r"_(layer|mol)\d|#\d", "", regex=True)
    for kind, group in result.groupby("kind"):
        counts = Counter(v or "agrees to the printed digits" for v in group["verdict"])
        print(f"{kind}: " + "; ".join(f"{n} {'unexplained' if v == '?' else v}" for v, n in counts.most_common()))
    for file, group in result[~result["verdict"].isin([""]) | (result["verdict"] == "?")].groupby("file"):
        named = Counter(group["verdict"])
        shown = "; ".join(f"{n} x {'unexplained' if v == '?' else v}" for v, n in named.items())
        if options.all or "?" in named or any(v.startswith("refused") for v in named):
            print(f"{file}: {shown}")
            for r in group[group["verdict"] == "?"].itertuples():
                print(f"    {r.descriptor}: published {r.value:.6g}, here {r.ours:.6g}")
    total = Counter("agrees" if not v else "unexplained" if v == "?" else "explained" for v in result["verdict"])
    print(
        f"{result['file'].nunique()} crystals, {len(result)} values: " + ", ".join(f"{n} {k}" for k, n in total.items())
    )


if __name__ == "__main__":
    main()
