"""Disorder: one chemically possible component of every kind that refinements write, or a refusal; never a chimera."""

from functools import lru_cache

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import AllChem

from perovex.crystal import perceive, read
from perovex.errors import DisorderError

COLUMNS = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", "disorder_assembly", "disorder_group")
INVERSION, MIRROR = ["x,y,z", "-x,-y,-z"], ["x,y,z", "-x,-y,-z", "x,-y,z", "-x,y,-z"]


@lru_cache(maxsize=100)
def geometry(smiles, seed=7, *, hydrogens=True):
    """Elements and coordinates (Å) of a cation along z, centred, its first nitrogen down."""
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(mol, randomSeed=seed)
    AllChem.MMFFOptimizeMolecule(mol)
    points = mol.GetConformer().GetPositions()
    points = points - points.mean(axis=0)
    points = points @ np.linalg.svd(points)[2][[1, 2, 0]].T
    symbols = [a.GetSymbol() for a in mol.GetAtoms()]
    if points[symbols.index("N"), 2] > 0:
        points = points * [1, -1, -1]
    chosen = [i for i, s in enumerate(symbols) if hydrogens or s != "H"]
    return [symbols[i] for i in chosen], points[chosen]


def turned(points, degrees):
    a = np.radians(degrees)
    return points @ np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])


def write(folder, rows, cell, operations):
    """A CIF of rows (element, position in Å, occupancy, assembly, group)."""
    lines = ["data_x", *(f"_cell_length_{k} {v:.5f}" for k, v in zip("abc", cell, strict=True))]
    lines += [f"_cell_angle_{k} 90" for k in ("alpha", "beta", "gamma")]
    lines += ["loop_", "_space_group_symop_operation_xyz", *(f"'{op}'" for op in operations), "loop_"]
    lines += [f"_atom_site_{c}" for c in COLUMNS]
    for k, (symbol, point, occupancy, assembly, group) in enumerate(rows):
        x, y, z = np.asarray(point) / cell
        lines.append(f"{symbol}{k} {symbol} {x:.5f} {y:.5f} {z:.5f} {occupancy} {assembly} {group}")
    path = folder / "crystal.cif"
    path.write_text("\n".join(lines) + "\n")
    return path


def fixed(symbol, *point):
    return (symbol, np.array(point, dtype=float), 1, ".", ".")


def frame(bond=3.0):
    """One lead bromide sheet on the plane z = 0, half of its terminal halides."""
    return [fixed("Pb", 0, 0, 0), fixed("Br", bond, 0, 0), fixed("Br", 0, bond, 0), fixed("Br", 0, 0, bond)]


def between_sheets(symbols, points, occupancy=0.5, assembly=".", group="."):
    """Rows of a dication about the middle of the gap, off the inversion centre, and the cell."""
    height = 6.0 + np.ptp(points[:, 2]) + 3.2
    cell = np.array([6.0, 6.0, height])
    moved = points + cell / 2 + [0.3, -0.2, 0.15]
    return [(s, p, occupancy, assembly, group) for s, p in zip(symbols, moved, strict=True)], cell


def on_sheet(points, gap=8.0):
    """Positions of a cation that stands on the sheet, and the cell with two of them."""
    height = np.ptp(points[:, 2])
    return points + np.array([3.0, 3.0, 4.0 + height / 2]), np.array([6.0, 6.0, 6.0 + 2 * height + gap])


def smiles_of(crystal, role="spacer"):
    return {Chem.CanonSmiles(m.smiles, useChiral=0) for m in crystal.molecules if m.role == role}


DICATIONS = ["[NH3+]CCC[NH3+]", "[NH3+]Cc1ccc(C[NH3+])cc1", "[NH3+]CC1CCC(C[NH3+])CC1", "[NH3+]CCSSCC[NH3+]"]
CATIONS = ["CCCC[NH3+]", "[NH3+]CCc1ccccc1", "[NH3+]C1CCCC1", "[NH3+]CCCI", "C[NH2+]CCCBr", "[NH3+]CC(F)(F)F"]


@pytest.mark.parametrize("hydrogens", [True, False])
@pytest.mark.parametrize("group", ["-1", "."])
@pytest.mark.parametrize("smiles", DICATIONS)
def test_two_orientations_over_an_inversion_centre(tmp_path, smiles, group, hydrogens):
    symbols, points = geometry(smiles, hydrogens=hydrogens)
    rows, cell = between_sheets(symbols, turned(points, 40), group=group)
    crystal = perceive(write(tmp_path, frame() + rows, cell, INVERSION), disorder="major")
    assert smiles_of(crystal) == {Chem.CanonSmiles(smiles)}
    (molecule,) = crystal.molecules
    assert (len(molecule), molecule.hydrogens_complete) == (len(symbols), hydrogens)
    with pytest.raises(DisorderError):
        perceive(tmp_path / "crystal.cif")


@pytest.mark.parametrize("group", ["-1", "."])
@pytest.mark.parametrize("smiles", CATIONS)
def test_a_cation_across_a_mirror(tmp_path, smiles, group):
    symbols, points = geometry(smiles)
    moved, cell = on_sheet(turned(points, 65))
    rows = [(s, p + np.array([0, 0.35, 0]), 0.5, ".", group) for s, p in zip(symbols, moved, strict=True)]
    crystal = perceive(write(tmp_path, frame() + rows, cell, MIRROR), disorder="major")
    assert smiles_of(crystal) == {Chem.CanonSmiles(smiles)}
    assert all(m.hydrogens_complete for m in crystal.molecules)


@pytest.mark.parametrize("share", [0.5, 0.7])
@pytest.mark.parametrize(("one", "two", "assembly"), [("1", "2", "."), ("-3", "-4", "B"), (".", ".", ".")])
@pytest.mark.parametrize("smiles", ["CCCC[NH3+]", "[NH3+]CCc1ccccc1"])
def test_two_conformers_on_one_nitrogen(tmp_path, smiles, one, two, assembly, share):
    """Assemblies of negative groups too; without groups the occupancies and the bonds decide."""
    symbols, points = geometry(smiles)
    _, other = geometry(smiles, seed=51)
    head = symbols.index("N")
    other = turned(other, 80)
    other = other - other[head] + points[head]
    first, cell = on_sheet(points)
    second = other + first[head] - points[head]
    rows = [(s, p, share, assembly, one) for k, (s, p) in enumerate(zip(symbols, first, strict=True)) if k != head]
    rows += [
        (s, p, 1 - share, assembly, two) for k, (s, p) in enumerate(zip(symbols, second, strict=True)) if k != head
    ]
    rows.append(fixed("N", *first[head]))
    crystal = perceive(write(tmp_path, frame() + rows, cell, INVERSION), disorder="major")
    assert smiles_of(crystal) == {Chem.CanonSmiles(smiles)}
    assert len(crystal.structure) == 5 + 2 * len(symbols)
    if share > 0.5:  # the more occupied conformer, atom by atom
        kept = np.array([s.coords for s in crystal.structure if s.specie.symbol == "C"])
        wanted = first[[k for k, s in enumerate(symbols) if s == "C"]]
        assert np.linalg.norm(kept[:, None] - wanted, axis=2).min(axis=0).max() < 1e-3


CUBIC = ["x,y,z", "z,x,y", "y,z,x", "-x,-y,z", "-x,y,-z", "x,-y,-z", "-z,-x,y", "-z,x,-y", "z,-x,-y", "-y,-z,x",
         "-y,z,-x", "y,-z,-x", "-x,-y,-z", "-z,-x,-y", "-y,-z,-x", "x,y,-z", "x,-y,z", "-x,y,z", "z,x,-y", "z,-x,y",
         "-z,x,y", "y,z,-x", "y,-z,x", "-y,z,x"]  # fmt: skip


@pytest.mark.parametrize("mode", ["general", "on a plane", "along an axis", "one shared site"])
def test_methylammonium_in_many_orientations(tmp_path, mode):
    a = np.full(3, 5.93)
    place = {
        "general": ([0.075, 0.05, 0.085], [-0.07, -0.055, -0.085]),
        "on a plane": ([0.0, -0.07, 0.105], [0.0, 0.08, -0.118]),
        "along an axis": ([0.0, 0.0, 0.125], [0.0, 0.0, -0.125]),
        "one shared site": ([0.0, 0.0, 0.125], [0.0, 0.0, 0.125]),
    }[mode]
    copies = {"general": 24, "on a plane": 12, "along an axis": 6, "one shared site": 6}[mode]
    rows = [fixed("Pb", 0, 0, 0), fixed("Br", 5.93 / 2, 0, 0)]
    share = 1 / copies
    rows += [(s, (np.array(p) + 0.5) * a, f"{share:.4f}", ".", ".") for s, p in zip("CN", place, strict=True)]
    crystal = perceive(write(tmp_path, rows, a, CUBIC), disorder="major")
    assert [m.smiles for m in crystal.molecules] == ["C[NH3+]"]
    assert crystal.structure.composition.reduced_formula == "PbCBr3N"


@pytest.mark.parametrize(("occupancy", "kept"), [(0.3, False), (0.05, False), (0.7, True)])
def test_water_is_kept_if_it_is_mostly_there(tmp_path, occupancy, kept):
    symbols, points = geometry("[NH3+]CCC[NH3+]")
    rows, cell = between_sheets(symbols, points, occupancy=1)
    rows.append(("O", np.array([0.2, 3.0, cell[2] / 2]), occupancy, ".", "."))
    crystal = perceive(write(tmp_path, frame() + rows + [fixed("Br", 0, 0, -3)], cell, ["x,y,z"]), disorder="major")
    assert ("O" in smiles_of(crystal, "guest")) is kept
    assert any("mostly absent" in w and f"O {occupancy:.2f}" in w for w in crystal.warnings) is not kept


@pytest.mark.parametrize("offset", [0.0, 0.15, 0.6])
def test_a_residual_halide_is_no_atom(tmp_path, offset):
    symbols, points = geometry("[NH3+]CCC[NH3+]")
    rows, cell = between_sheets(symbols, points, occupancy=1)
    top = [("Br", np.array([0, 0, 3.0]), 0.97, ".", "."), ("I", np.array([0, 0, 3.0 + offset]), 0.03, ".", ".")]
    halides = [*frame()[:3], *top, fixed("Br", 0, 0, -3)]
    crystal = perceive(write(tmp_path, halides + rows, cell, ["x,y,z"]), disorder="major")
    assert crystal.halides == ("Br",)
    assert any("1 mixed sites read as one element: Br 0.97 instead of I 0.03" in w for w in crystal.warnings)


@pytest.mark.parametrize("assembly", [".", "A"])
def test_groups_of_halide_and_cation_are_independent(tmp_path, assembly):
    """Part 1 holds the minor halide and the major orientation of the cation: each site keeps its own major part."""
    symbols, points = geometry("[NH3+]CCC[NH3+]")
    rows, cell = between_sheets(symbols, points, occupancy=0.6, assembly=assembly, group="1")
    rows += [(s, p + np.array([-0.4, 0.5, 0]), 0.4, assembly, "2") for s, p, *_ in rows]
    parts = ((0.25, 0.3, "1"), (-0.25, 0.7, "2"))
    split = [("Br", np.array([3.0, y, 0.1]), share, assembly, g) for y, share, g in parts]
    halides = [fixed("Pb", 0, 0, 0), *split, fixed("Br", 0, 3, 0), fixed("Br", 0, 0, 3), fixed("Br", 0, 0, -3)]
    crystal = perceive(write(tmp_path, halides + rows, cell, ["x,y,z"]), disorder="major")
    assert smiles_of(crystal) == {"[NH3+]CCC[NH3+]"}
    bridge = crystal.structure.frac_coords[1]
    assert bridge[1] * 6.0 % 6.0 == pytest.approx(5.75, abs=1e-3)
    assert any("occupied to at least 0.60" in w for w in crystal.warnings)


def test_bridging_halides_split_without_groups(tmp_path):
    symbols, points = geometry("[NH3+]CCC[NH3+]")
    rows, cell = between_sheets(symbols, points, occupancy=1)
    split = [("Br", np.array([3.0, y, 0.0]), 0.5, ".", ".") for y in (0.6, -0.6)]
    split += [("Br", np.array([x, 3.0, 0.0]), 0.5, ".", ".") for x in (0.6, -0.6)]
    halides = [fixed("Pb", 0, 0, 0), *split, fixed("Br", 0, 0, 3), fixed("Br", 0, 0, -3)]
    crystal = perceive(write(tmp_path, halides + rows, cell, ["x,y,z"]), disorder="major")
    assert (crystal.n_layers, len(crystal.bridges), crystal.structure.composition["Br"]) == (1, 2, 4)


@pytest.mark.parametrize("listed", ["both sides", "one side"])
def test_hydrogens_halved_beside_a_mirror(tmp_path, listed):
    """Three half hydrogens of CH3 make six: three are kept. One of CH2 makes two: both are."""
    heavy = [("N", 0, 0.0, 0.0), ("C", 1.2, 0, 0.85), ("C", 1.1, 0, 2.35), ("C", 2.3, 0, 3.2), ("C", 2.2, 0, 4.7)]
    half = [(0.4, 0.84, -0.3), (-0.93, -0.2, 0.3), (0.3, -0.7, -0.6)]
    methyl = [(0.5, 0.87, 0.4), (0.6, -0.8, 0.45), (-1.03, 0.1, 0.33)]
    base = np.array([2.2, 3.0, 4.3])
    cell = np.array([6.0, 6.0, 25.0])
    rows = [(s, base + p, 1, ".", ".") for s, *p in heavy]
    rows += [("H", base + heavy[0][1:] + np.array(d), 0.5, ".", ".") for d in half]
    rows += [("H", base + heavy[4][1:] + np.array(d), 0.5, ".", ".") for d in methyl]
    for k, side in ((1, (0.55, -0.05)), (2, (-0.55, 0.05)), (3, (0.55, -0.05))):
        x, z = side
        sides = (0.82, -0.82) if listed == "both sides" else (0.82,)
        rows += [("H", base + heavy[k][1:] + np.array([x, y, z]), 0.5, ".", ".") for y in sides]
    crystal = perceive(write(tmp_path, frame() + rows, cell, MIRROR), disorder="major")
    assert smiles_of(crystal) == {"CCCC[NH3+]"}
    assert {len(m) for m in crystal.molecules} == {17}


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("angle", [0, 40, 80])
def test_whole_hydrogens_on_half_cations(tmp_path, angle, side):
    """A file that gives the hydrogens of a half-occupied cation full occupancy: they are no more than their cation."""
    symbols, points = geometry("[NH3+]CCC[NH3+]")
    rows, cell = between_sheets(symbols, turned(side * points, angle))
    rows = [(s, p, 1 if s == "H" else o, a, g) for s, p, o, a, g in rows]
    crystal = perceive(write(tmp_path, frame() + rows, cell, INVERSION), disorder="major")
    assert smiles_of(crystal) == {"[NH3+]CCC[NH3+]"}
    assert crystal.molecules[0].hydrogens_complete


def test_carbon_and_nitrogen_that_share_their_sites(tmp_path):
    a = np.full(3, 6.3)
    rows = [fixed("Pb", 0, 0, 0), *(fixed("I", *(3.15 * np.eye(3)[k])) for k in range(3))]
    for sign in (1, -1):
        rows += [(s, a / 2 + [0, 0, 0.74 * sign], 0.5, ".", ".") for s in "CN"]
    crystal = perceive(write(tmp_path, rows, a, ["x,y,z"]), disorder="major")
    assert [m.smiles for m in crystal.molecules] == ["C[NH3+]"]


def test_two_of_three_nitrogens_make_formamidinium(tmp_path):
    a = np.full(3, 6.3)
    angles = np.radians([0, 120, 240])
    ring = 1.32 * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    rows = [fixed("Pb", 0, 0, 0), *(fixed("I", *(3.15 * np.eye(3)[k])) for k in range(3)), fixed("C", *(a / 2))]
    rows += [("N", a / 2 + p, 0.67, ".", ".") for p in ring]
    crystal = perceive(write(tmp_path, rows, a, ["x,y,z"]), disorder="major")
    assert [m.smiles for m in crystal.molecules] == ["NC=[NH2+]"]


def test_what_makes_no_molecule_is_refused(tmp_path):
    """Six carbons of occupancy 1/2 at the corners of an octahedron 1.5 Å wide: three of them are no molecule."""
    a = np.full(3, 6.3)
    rows = [fixed("Pb", 0, 0, 0), *(fixed("I", *(3.15 * np.eye(3)[k])) for k in range(3))]
    corners = 0.95 * np.vstack([np.eye(3), -np.eye(3)])
    rows += [("C", a / 2 + p, 0.8, ".", ".") for p in corners]
    with pytest.raises(DisorderError, match="cannot be told apart"):
        read(write(tmp_path, rows, a, ["x,y,z"]), disorder="major")
