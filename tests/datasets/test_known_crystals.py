"""What is known of the crystals behind the labels must be found again in the relaxed ones."""

from __future__ import annotations

import re

import pytest

from perovex.crystal import perceive
from perovex.datasets import load_elastic

#: n and family as the authors of the crystals give them.
PUBLISHED = {
    "BA2PbBr4": (1, "RP", "10.1126/sciadv.aay4045"),
    "BA2CsPb2Br7": (2, "RP", "10.1126/sciadv.aay4045"),
    "BA2Cs2Pb3Br10": (3, "RP", "10.1126/sciadv.aay4045"),
    "3AMP_MA_Pb2I7": (2, "DJ", "10.1021/jacs.8b00542"),
    "3AMP_MA2_Pb3I10": (3, "DJ", "10.1021/jacs.8b00542"),
    "GACsPbI4": (1, "ACI", "10.1021/acs.inorgchem.7b01204"),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_layers_and_stacking(elastic_data, name):
    n_layers, phase, doi = PUBLISHED[name]
    label = f"{name}@{elastic_data.potential}"
    row = elastic_data.labels.loc[label]
    crystal = perceive(elastic_data.structure(label))
    assert doi in row["origin"]
    assert crystal.n_layers == n_layers
    assert crystal.phase == row["phase"] == phase
    if phase == "ACI":
        return
    refined = {"RP": "staggered", "DJ": "eclipsed"}[phase]
    assert row["parent_stacking"] == refined
    # Relaxing moves the layers of one crystal past the border of what counts as eclipsed.
    assert crystal.stacking == row["stacking"] == ("intermediate" if name == "3AMP_MA_Pb2I7" else refined)


def test_layers_of_the_factorial():
    """Names like s04_PbBr_n2 say metal, halide and n by design of the crystal."""
    checked = set()
    for version in (None, "0.8"):  # the newest leaves out what lies too high above the lowest minimum
        data = load_elastic(version=version, minima="all")
        for name in set(data.table.index) - checked:
            match = re.match(r"s\d+_(\w\w)(Cl|Br|I)_n(\d)", name)
            if match is None:
                continue
            crystal = perceive(data.structures[name])
            metal, halide, n_layers = match.groups()
            assert (crystal.metals, crystal.halides, crystal.n_layers) == ((metal,), (halide,), float(n_layers)), name
            checked.add(name)
    assert len(checked) > 100
