"""A release as the start of a search."""

from types import SimpleNamespace

import pandas as pd
from pymatgen.core import Lattice, Structure

from perovex.crystal.examples import cubic
from perovex.datasets.minima import starts_of


def test_perovskites_of_the_potential_start_and_others_are_left_out():
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.6), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    crystals = {"a@x": cubic(), "b@x": salt, "c@y": cubic("Sn")}
    labels = pd.DataFrame(
        {"crystal_id": ["a", "b", "c"], "potential": ["x", "x", "y"], "origin": "made for the test"},
        index=list(crystals),
    )
    starts = starts_of(SimpleNamespace(labels=labels, potential="x", structure=crystals.__getitem__))
    assert [(start.name, start.origin) for start in starts] == [("a", "made for the test")]
    assert starts[0].compound.metals == "Pb"


def test_a_release_says_how_many_crystals_it_reads(capsys):
    labels = pd.DataFrame({"crystal_id": ["a"], "potential": ["x"], "origin": ""}, index=["a@x"])
    data = SimpleNamespace(labels=labels, potential="x", structure=lambda _: cubic())
    starts_of(data)
    assert not capsys.readouterr().err
    starts_of(data, progress=True)
    assert capsys.readouterr().err == "starts: 1 crystal\n"
