"""What a search says in a data release, and the alarm that exchange energies give without one."""

import gzip
import io
import json
import lzma
import shutil

import ase.io
import numpy as np
import pandas as pd
import pytest

from perovex.datasets import collect, load_elastic
from perovex.datasets.minima import starts_of
from perovex.datasets.paths import write_checksums
from perovex.datasets.quality.exchange import exchange_energies, too_high
from perovex.errors import DatasetError, SearchError
from perovex.minima import LabelChoice, SearchSettings, open_search, search_minima, unpack_search, untried
from perovex.minima.archive import CRYSTALS, CRYSTALS_TO_1_6, RECORDS


@pytest.fixture(scope="module")
def release(straight, searched, tmp_path_factory):
    """Labels of the two lowest minima of the search, collected with it; the tensors are made up."""
    out, known = searched[0], open_search([straight], searched[0])
    records = tmp_path_factory.mktemp("labels")
    for name, group in zip(("low", "high"), known.minima(straight.compound), strict=False):
        atoms, tensor = group[0].atoms, np.diag([30.0, 30, 30, 10, 10, 10]) + np.pad(np.full((3, 3), 10.0), (0, 3))
        record = {"name": name, "potential": "springs", "status": "accepted", "reason": "", "C_GPa": tensor.tolist()}
        record |= {"energy_eV": group[0].record["energy_eV"], "n": "inf", "modes": [[0.1, 1, 0, 0, 0, 0, 0]]}
        (records / f"{name}@springs.json").write_text(json.dumps(record))
        with (records / f"{name}@springs.extxyz").open("w") as handle:
            ase.io.write(handle, atoms, format="extxyz")
    folder = tmp_path_factory.mktemp("release") / "1.0a1"
    collect(records, folder, search=out)
    return folder, known


def test_a_release_ranks_the_labels_of_a_compound(release, straight):
    folder, known = release
    data = load_elastic(folder, potential="springs", minima="all")
    rows = data.labels.set_index("crystal_id")
    apart = 1e3 * (known.minima(straight.compound)[1][0].energy - known.minima(straight.compound)[0][0].energy)
    assert rows.loc["low", "energy_above_lowest"] == pytest.approx(0, abs=3)
    assert rows.loc["high", "energy_above_lowest"] == pytest.approx(apart, abs=3)
    assert (rows["candidates"] == 5).all()
    assert json.loads((folder / "tensors.json").read_text())["low@springs"]["modes"] == [[0.1, 1, 0, 0, 0, 0, 0]]
    assert rows["times_found"].iloc[0] == len(known.minima(straight.compound)[0])


def test_a_search_goes_on_from_the_release_that_it_is_packed_in(release, straight, searched, tmp_path, springs):
    folder, known = release
    assert unpack_search(folder, tmp_path) == 5
    assert unpack_search(folder, tmp_path) == 0
    again = open_search([straight], tmp_path)
    assert [o.record for o in again.store.all()] == [o.record for o in known.store.all()]
    assert again.minima(straight.compound)[0][0].id == known.minima(straight.compound)[0][0].id
    settings = SearchSettings(("given", "tilt", "rattle"), max_candidates=5)
    assert list(search_minima([straight], tmp_path, settings=settings, calculator=springs, potential="springs")) == []
    with pytest.raises(SearchError, match="no packed search"):
        unpack_search(tmp_path, tmp_path / "new")


def test_crystals_packed_by_gzip_are_read_as_before(release, tmp_path):
    folder, _ = release
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    shutil.copy(folder / RECORDS, old)
    (old / CRYSTALS_TO_1_6).write_bytes(gzip.compress(lzma.decompress((folder / CRYSTALS).read_bytes())))
    for source, out in ((old, tmp_path / "from old"), (folder, new)):
        assert unpack_search(source, out) == 5
    was, now = (open_search([], out).store.all() for out in (tmp_path / "from old", new))
    assert [outcome.record for outcome in was] == [outcome.record for outcome in now]
    assert all(one.atoms == other.atoms for one, other in zip(was, now, strict=True))


def test_broken_crystals_are_named(release, tmp_path):
    shutil.copy(release[0] / RECORDS, tmp_path)
    (tmp_path / CRYSTALS).write_bytes(b"no xz")
    with pytest.raises(SearchError, match="no packed search"):
        unpack_search(tmp_path, tmp_path / "new")


@pytest.fixture(scope="module")
def released_search(elastic_data, tmp_path_factory):
    """The search of the default release, and its compounds."""
    folder = tmp_path_factory.mktemp("search")
    unpack_search(elastic_data.folder, folder)
    found = open_search([], folder).store
    starts = [start for start in starts_of(elastic_data) if start.name not in found]
    known = open_search(starts, folder)
    return known, sorted({outcome.compound for outcome in known.store.all()})


def test_every_minimum_of_the_released_search_near_the_lowest_has_a_label(elastic_data, released_search, tmp_path):
    known, compounds = released_search
    assert len(compounds) > 400
    left = LabelChoice(25.0, elastic_data.with_label).jobs(known, compounds, tmp_path)
    assert [job.name for job in left] == []
    assert len(LabelChoice(25.0).jobs(known, compounds, tmp_path)) > len(compounds)


def test_the_released_search_has_lent_every_pattern_to_its_family(released_search):
    known, compounds = released_search
    left = untried(known, compounds, SearchSettings(("substitute", "thicken", "thin")))
    assert [candidate.id for candidate in left] == []


def test_only_labels_of_lowest_minima_are_shown_by_default(layered_release):
    shown = {
        choice: list(load_elastic(layered_release, minima=choice).table.index) for choice in ("lowest", "near", "all")
    }
    assert shown == {"lowest": ["a"], "near": ["a", "b"], "all": ["a", "b", "c"]}
    with pytest.raises(DatasetError, match="minima"):
        load_elastic(layered_release, minima="some")


@pytest.fixture(scope="module")
def layered_release(elastic_data, tmp_path_factory):
    """Three labels of one compound, 0, 12 and 80 meV per metal above the lowest; made of a real row."""
    folder = tmp_path_factory.mktemp("three") / "9.9"
    folder.mkdir()
    row = elastic_data.labels.loc[elastic_data.table["label_id"].iloc[0]]
    rows = []
    for number, (name, above) in enumerate((("a", 0.0), ("b", 12.0), ("c", 80.0))):
        rows.append(row.to_dict() | {"label_id": f"{name}@x", "crystal_id": name, "potential": "x", "minimum": number})
        rows[-1] |= {"energy_above_lowest": above, "strategies": "given"}
    pd.DataFrame(rows).to_csv(folder / "labels.csv", index=False)
    tensor, crystal = elastic_data._tensor_file[row.name], elastic_data.structure(row.name).to_ase_atoms()
    text = io.StringIO()
    for name in "abc":
        crystal.info = {"label_id": f"{name}@x"}
        ase.io.write(text, crystal, format="extxyz")
    (folder / "tensors.json").write_text(json.dumps({f"{name}@x": tensor for name in "abc"}))
    (folder / "structures.extxyz.gz").write_bytes(gzip.compress(text.getvalue().encode()))
    write_checksums(folder)
    return folder


def test_a_preview_is_no_default(layered_release):
    root = layered_release.parent
    shutil.copytree(layered_release, root / "10.0a1")
    assert load_elastic(root).version == "9.9"
    assert load_elastic(root, version="10.0a1").version == "10.0a1"


def series(excess):
    """Twelve spacers with Cl, Br and I; the exchange energies scatter by 5 meV, but for what is added."""
    rng, rows = np.random.default_rng(0), []
    for spacer in range(12):
        own = rng.normal(scale=1.0)
        for number, halide in enumerate(("Cl", "Br", "I")):
            per_metal = -100 + own + 2.1 * number + rng.normal(scale=0.003) + excess.get((spacer, halide), 0.0)
            rows.append(
                {"crystal_id": f"s{spacer}{halide}", "halide": halide, "energy": 2 * per_metal, "spacer": spacer}
            )
    frame = pd.DataFrame(rows).set_index("crystal_id")
    frame["formula"] = [f"PbC2H10N2{halide}4" for halide in frame["halide"]]
    return frame.assign(n_atoms=38, metal="Pb", cage="", n_layers=1.0), frame["spacer"]


def test_exchange_energies_point_at_what_is_too_high_and_at_the_pattern_to_borrow():
    table, groups = series({(3, "Br"): 0.2, (7, "Cl"): 0.1})
    found = too_high(table, groups)
    assert list(found.index) == ["s3Br", "s7Cl"]
    assert found["too_high"].to_numpy() == pytest.approx([200, 100], abs=20)
    assert set(found["borrow_from"]) <= {"s3Cl", "s3I", "s7Br", "s7I"}
    assert found.loc["s3Br", "borrow_from"].startswith("s3")
    assert too_high(*series({})).empty


def test_exchange_energies_take_the_lowest_of_several_crystals():
    table, groups = series({})
    twin = table.loc[["s0Br"]].rename({"s0Br": "twin"}).assign(energy=lambda rows: rows["energy"] - 1.0)
    table, groups = pd.concat([table, twin]), pd.concat([groups, pd.Series({"twin": 0})])
    pairs = exchange_energies(table, groups)
    assert set(pairs.loc[pairs["spacer"] == 0, ["one", "other"]].to_numpy().ravel()) == {"s0Cl", "twin", "s0I"}
