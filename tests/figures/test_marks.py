"""Points, intervals and diagonals, drawn in one way."""

import numpy as np
from matplotlib.figure import Figure

from perovex.figures.marks import diagonal, halide_look, interval_rows, scatter_by_halide
from perovex.figures.style import HALIDE_COLOURS, HALIDE_MARKERS, PALETTE, embed_svg


def test_every_halide_has_a_look_and_mixtures_differ_from_each_other():
    looks = [halide_look(name) for name in ("Cl", "Br", "I")] + [halide_look("Br/I", k) for k in range(3)]
    assert len(set(looks)) == 6
    assert halide_look("I") == (HALIDE_COLOURS["I"], HALIDE_MARKERS["I"])
    assert set(HALIDE_COLOURS.values()) <= set(PALETTE.values())


def test_points_come_by_halide_and_intervals_by_row():
    ax = Figure().subplots()
    scatter_by_halide(ax, [1, 2, 3], [4, 5, 6], ["I", "Br/I", "I"])
    assert {c.get_label(): len(c.get_offsets()) for c in ax.collections} == {"I": 2, "Br/I": 1}
    ax = Figure().subplots()
    assert interval_rows(ax, [0.0, 1.0], [0.5, 1.5], [1.0, 2.0]).tolist() == [0.0, 1.0]
    assert [segment[:, 0].tolist() for segment in ax.collections[0].get_segments()] == [[0.0, 1.0], [1.0, 2.0]]
    diagonal(ax, 1, 3)
    assert np.array_equal(ax.lines[-1].get_xydata(), [[1, 1], [3, 3]])


def test_names_inside_a_drawing_are_those_of_its_own():
    text = '<?xml?><svg><path id="a"/><use xlink:href="#a" clip-path="url(#a)"/></svg>'
    assert embed_svg(text, "f") == '<svg><path id="f-a"/><use xlink:href="#f-a" clip-path="url(#f-a)"/></svg>'
