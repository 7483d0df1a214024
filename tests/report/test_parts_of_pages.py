"""Parts of report pages: extremes in words, molecules side by side."""

import numpy as np
import pytest

from perovex.elasticity import ElasticTensor
from perovex.elasticity.properties.analysis import extremes_table
from perovex.report.elastic import extremes_in_words
from perovex.report.screen_page import molecules_svg


@pytest.fixture(scope="module")
def uniaxial():
    return ElasticTensor(np.diag([40.0, 40.0, 20.0, 5.0, 5.0, 15.0]))


def test_directions_of_extremes_are_short_texts(uniaxial):
    worded = extremes_in_words(extremes_table(uniaxial))
    row = worded.loc["Young's modulus"]
    assert row["max"] == pytest.approx(40.0, rel=1e-6)
    assert all(len(number.split(".")[1]) == 3 for number in row["along (max)"].replace(";", "").split())
    assert "youngs_modulus" not in worded.index


def test_every_molecule_is_drawn_with_its_label():
    drawing = molecules_svg(["CC[NH3+]", "CCC[NH3+]", "CCCC[NH3+]", "C[NH3+]"], ["one", "two", "three", "four"])
    assert drawing.startswith("<svg")
    assert "width='720px' height='300px'" in drawing  # three across, two down
