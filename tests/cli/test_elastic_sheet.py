"""What a crystal tells about the sheet plane of its tensor."""

import numpy as np
import pytest

from perovex.cli.elastic_sheet import sheet_of
from perovex.crystal.examples import cubic, layered


def test_layers_have_a_normal_and_a_period_and_networks_have_axes(tmp_path):
    paths = [tmp_path / "layered.cif", tmp_path / "cubic.cif"]
    crystals = [layered(n=1), cubic()]
    for path, crystal in zip(paths, crystals, strict=True):
        crystal.to(filename=str(path))
    sheet, network = map(sheet_of, paths)
    assert np.linalg.norm(sheet.normal) == pytest.approx(1.0)
    assert sheet.thickness > 4.0
    assert network.normal.shape == (3, 3)
    assert network.normal @ network.normal.T == pytest.approx(np.eye(3), abs=1e-9)
    assert network.thickness is None
