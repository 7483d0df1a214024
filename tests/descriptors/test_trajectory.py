"""Moving crystals: what follows a frame is what perception finds in it; statistics against known series."""

import numpy as np
import pytest
from pymatgen.core import Structure
from tilted_networks import network, rotation_vectors

from perovex.crystal import perceive
from perovex.crystal.examples import cubic, layered
from perovex.crystal.trajectory import Follower, Frame
from perovex.descriptors import describe
from perovex.descriptors.trajectory import describe_trajectory
from perovex.descriptors.trajectory.description import FAMILIES
from perovex.descriptors.trajectory.statistics import Running
from perovex.errors import StructureFileError, UnknownDescriptorError


def write(path, symbols, frames):
    """Extended xyz of (lattice, Cartesian positions), every atom wrapped into the cell."""
    text = []
    for lattice, positions in frames:
        frac = positions @ np.linalg.inv(lattice)
        wrapped = (frac - np.floor(frac)) @ lattice
        text += [str(len(symbols)), f'Lattice="{" ".join(map(str, lattice.ravel()))}" Properties=species:S:1:pos:R:3']
        text += [f"{s} {x[0]:.9f} {x[1]:.9f} {x[2]:.9f}" for s, x in zip(symbols, wrapped, strict=True)]
    path.write_text("\n".join(text) + "\n")
    return path


def shaken(structure, seed, size=0.08, strain=0.01, drift=0.0):
    rng = np.random.default_rng(seed)
    lattice = structure.lattice.matrix @ (np.eye(3) + strain * rng.normal(size=(3, 3)))
    return lattice, structure.frac_coords @ lattice + size * rng.normal(size=(len(structure), 3)) + drift


def crystals():
    doubled = cubic()
    doubled.make_supercell([2, 2, 2])
    stacked = layered(n=2, spacer="MA", cage="Cs")
    stacked.make_supercell([2, 2, 1])
    return {"3D": doubled, "n = 1": layered(n=1), "n = 2": stacked}


OF_AN_AXIS = ("axial", "equatorial", "plane", "normal", "deviation", "area", "corrugation", "tilt_total")


@pytest.mark.parametrize("kind", ["3D", "n = 1", "n = 2"])
def test_a_frame_is_described_as_if_perceived_alone(kind, tmp_path):
    structure = crystals()[kind]
    symbols = [site.specie.symbol for site in structure]
    frames = [shaken(structure, seed, size=0.03, drift=0.9 * seed) for seed in range(6)]
    told = describe_trajectory(write(tmp_path / "run.extxyz", symbols, frames), reference=structure)
    assert perceive(structure).formula in repr(told)
    axis = perceive(structure).normal
    for number, (lattice, positions) in enumerate(frames):
        alone = Structure(lattice, symbols, positions, coords_are_cartesian=True)
        expected = describe(perceive(alone), families=FAMILIES)
        got = told.frames.loc[number, expected.index]
        # perception of a frame of a cubic network may call another axis the third: compare what does not depend on it
        same_axes = abs(perceive(alone).normal @ axis) > 0.9
        keys = [key for key in expected.index if same_axes or not any(word in key for word in OF_AN_AXIS)]
        np.testing.assert_allclose(got[keys].to_numpy(float), expected[keys].to_numpy(float), rtol=1e-6, atol=1e-6)
    assert told.n_frames == len(told.frames) == 6
    assert (told.frames["broken_octahedra"] == 0).all()


def test_the_average_structure_forgets_drift_and_vibration(tmp_path):
    structure = crystals()["3D"]
    symbols = [site.specie.symbol for site in structure]
    rng = np.random.default_rng(1)
    wobble = rng.normal(size=(200, len(structure), 3))
    wobble -= wobble.mean(axis=0)
    frames = [(structure.lattice.matrix, structure.cart_coords + 0.1 * w + 0.07 * t) for t, w in enumerate(wobble)]
    told = describe_trajectory(write(tmp_path / "run.extxyz", symbols, frames), reference=structure)
    shift = told.average.frac_coords - structure.frac_coords
    shift -= shift.mean(axis=0)
    assert np.abs(shift).max() * 12.6 < 1e-3
    # every coordinate wobbles by 0.1 Å
    assert np.mean(told.average.site_properties["rms_displacement"]) == pytest.approx(0.1 * np.sqrt(3), rel=0.05)


def test_tilts_of_a_known_network(tmp_path):
    crystal = network(rotation_vectors((0, 0, 8.2), "--+"))
    symbols = [site.specie.symbol for site in crystal]
    frames = [(crystal.lattice.matrix, crystal.cart_coords)] * 3
    told = describe_trajectory(write(tmp_path / "run.extxyz", symbols, frames))
    density = told.tilt_density
    assert (density.sum() * 0.5).to_numpy() == pytest.approx(1.0)
    # all octahedra turn by +-8.2 degrees about one axis and by nothing about the others
    tilted = [axis for axis in density if density.loc[np.abs(density.index) > 4, axis].sum() > 0]
    assert len(tilted) == 1
    angles = density.index[density[tilted[0]] > 0].to_numpy()
    assert sorted(angles) == pytest.approx([-8.25, 8.25])
    correlation = told.tilt_correlation
    about = correlation[(correlation["tilt_about"] == tilted[0]) & (correlation["shell"] == 1)].set_index("along")
    others = [axis for axis in about.index if axis != tilted[0]]
    assert about.loc[others, "correlation"].to_numpy() == pytest.approx(-1.0)
    assert about.loc[tilted[0], "correlation"] == pytest.approx(1.0)  # in phase: Glazer's +


def test_broken_octahedra_are_named_by_frame(tmp_path):
    structure = crystals()["3D"]
    symbols = [site.specie.symbol for site in structure]
    metal = symbols.index("Pb")
    torn = structure.cart_coords.copy()
    torn[symbols.index("I")] += [1.1, 0, 0]
    still = structure.cart_coords
    frames = [(structure.lattice.matrix, x) for x in (still, still, torn)]
    told = describe_trajectory(write(tmp_path / "run.extxyz", symbols, frames))
    assert set(told.broken["frame"]) == {2}
    assert metal in set(told.broken["site"])
    assert told.broken["reason"].str.contains("Å").all()
    assert told.frames["broken_octahedra"].tolist() == [0, 0, len(told.broken)]


def test_rows_can_be_handed_on_instead_of_kept(tmp_path):
    structure = cubic()
    symbols = [site.specie.symbol for site in structure]
    path = write(tmp_path / "run.extxyz", symbols, [shaken(structure, k) for k in range(5)])
    seen = []
    told = describe_trajectory(f"{path}@1::2", on_row=lambda number, values: seen.append((number, values["volume"])))
    assert [number for number, _ in seen] == [1, 3]
    assert len(told.frames) == 0
    assert told.summary.loc["volume", "mean"] == pytest.approx(np.mean([volume for _, volume in seen]))


def test_autocorrelation_time_of_a_known_series():
    # x_t = phi x_(t-1) + noise: autocorrelation time (1 + phi)/(1 - phi)/2
    rng, phi, count = np.random.default_rng(0), 0.8, 2**14
    noise, series = rng.normal(size=count), np.zeros(count)
    for t in range(1, count):
        series[t] = phi * series[t - 1] + noise[t]
    running = Running(["memory", "none", "constant", "infinite", "undefined"])
    for t in range(count):
        running.add(np.array([series[t], noise[t], 2.0, np.inf, np.nan]))
    table = running.table()
    assert table.loc["memory", "autocorrelation_time"] == pytest.approx(4.5, rel=0.35)
    assert table.loc["none", "autocorrelation_time"] == pytest.approx(0.5, rel=0.6)
    assert table.loc["memory", "mean"] == pytest.approx(series.mean())
    assert table.loc["memory", "std"] == pytest.approx(series.std(ddof=1))
    expected = series.std() * np.sqrt(9 / count)
    assert table.loc["memory", "standard_error"] == pytest.approx(expected, rel=0.3)
    assert table.loc["constant", ["mean", "std"]].tolist() == [2.0, 0.0]
    assert table.loc["infinite", "mean"] == np.inf
    assert table.loc["undefined"].isna().all()
    assert len(running._levels) <= 15  # memory of the logarithm of the length


def test_what_does_not_belong_together_is_refused(tmp_path):
    structure = cubic()
    symbols = [s.specie.symbol for s in structure]
    path = write(tmp_path / "run.extxyz", symbols, [shaken(structure, 0)])
    with pytest.raises(UnknownDescriptorError, match="do not follow"):
        describe_trajectory(path, families="cation")
    with pytest.raises(StructureFileError, match="atoms"):
        describe_trajectory(path, reference=layered(n=1))
    with pytest.raises(StructureFileError, match="in the reference"):
        describe_trajectory(path, reference=cubic(metal="Sn"))
    with pytest.raises(StructureFileError, match="no frame"):
        describe_trajectory(f"{path}@7:")
    follower = Follower(perceive(structure))
    with pytest.raises(StructureFileError, match="frame 3"):
        follower.place(Frame(3, structure.lattice.matrix, structure.cart_coords[:-1], ()))
