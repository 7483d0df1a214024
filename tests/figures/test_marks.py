"""Points, intervals and diagonals, drawn in one way."""

import io
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from perovex.figures.marks import diagonal, halide_look, interval_rows, scatter_by_halide
from perovex.figures.style import HALIDE_COLOURS, HALIDE_MARKERS, PALETTE, embed_svg, style


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


def test_an_embedded_drawing_is_smaller_and_shows_the_same_marks():
    rng = np.random.default_rng(0)
    made = Figure()
    ax = made.subplots()
    x = np.round(rng.uniform(0, 0.123456, 300), 6)
    ax.scatter(x, rng.uniform(size=300), c=rng.uniform(size=300), s=9)
    ax.set_title("0.123456")
    stream = io.StringIO()
    with style():
        made.savefig(stream, format="svg")
    text = stream.getvalue()
    embedded = embed_svg(text, "f")
    before, after = (ET.fromstring(svg) for svg in (text[text.index("<svg") :], embedded))

    def marks(tree):
        uses = [node for node in tree.iter() if node.tag.endswith("use")]
        return [(float(node.get("x")), float(node.get("y")), node.get("style")) for node in uses if node.get("x")]

    assert len(embedded) < 0.7 * len(text)
    for old, new in zip(marks(before), marks(after), strict=True):
        assert new[:2] == pytest.approx(old[:2], abs=0.01)
        assert new[2] == old[2]
    clipped = [node for node in after.iter() if node.tag.endswith("}g") and node.get("clip-path")]
    assert any(len(node) == 300 for node in clipped)
    assert "0.123456" in embedded  # words keep their digits
