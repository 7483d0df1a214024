"""Figures without `ax` show themselves in Jupyter, and leave no figure open behind them."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from perovex import figures
from perovex.elasticity import ElasticTensor

PNG = b"\x89PNG"
ISOTROPIC = np.diag([20.0, 20.0, 20.0, 8.0, 8.0, 8.0]) + 4.0 * (1 - np.eye(6)) * (np.arange(6) < 3) * (
    np.arange(6)[:, None] < 3
)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: figures.plot_in_plane(ElasticTensor(ISOTROPIC), [0, 0, 1]),
        lambda: figures.plot_surface(ElasticTensor(ISOTROPIC), points=8),
        lambda: figures.plot_reliability([0, 1, 0, 1], [0.2, 0.4, 0.6, 0.8]),
        lambda: figures.plot_parity(pd.Series([1.0, 2.0]), pd.Series([1.5, 2.5]), pd.Series(["I", "Br"])),
    ],
    ids=["polar", "surface", "reliability", "parity"],
)
def test_axes_made_here_bring_their_picture(draw):
    before = plt.get_fignums()
    ax = draw()
    assert ax._repr_png_().startswith(PNG)
    assert ax.figure._repr_png_().startswith(PNG)
    assert plt.get_fignums() == before


def test_axes_that_are_given_are_returned():
    _, ax = plt.subplots()
    assert figures.axes(ax) is ax
    plt.close()
