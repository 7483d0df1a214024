"""The search with the potential of the labels, on compounds whose ground state is known."""

import pytest

from perovex.crystal.examples import cubic
from perovex.minima import SearchSettings, open_search, search_minima

from .conftest import start


@pytest.mark.labels
@pytest.mark.slow
def test_tilts_lead_from_cubic_caesium_lead_iodide_to_its_pnma_phase(tmp_path, elastic_data):
    pytest.importorskip("sevenn")
    given = start("cubic", cubic("Pb", "I", "Cs"))
    settings = SearchSettings(("given", "tilt"), max_candidates=3)
    outcomes = list(search_minima([given], tmp_path, settings=settings))
    lowest = open_search([given], tmp_path).minima(given.compound)[0]
    assert lowest[0].record["space_group"] == "Pnma"
    assert lowest[0].energy < outcomes[0].energy - 0.1
    released = elastic_data.table.loc["CsPbI3_Pnma"]
    assert lowest[0].energy == pytest.approx(released["energy"] / 4, abs=2e-3)
