"""The HTML report and the figures it holds."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from perovex.figures import figure, plot_distribution, plot_moduli, plot_parity, plot_scores, plot_series, save_figure
from perovex.report import Document


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    rows = [(s, x, n) for s in "ab" for x in ("Cl", "I") for n in (1.0, 2.0)] + [("", "Br", np.inf)]
    frame = pd.DataFrame(rows, columns=["spacer_smiles", "halide", "n_layers"])
    for key in ("E_in_plane", "E_out_of_plane", "E_vrh"):
        frame[key] = 10 + 5 * rng.random(len(frame))
    return frame


def test_text_and_tables_are_escaped():
    page = Document("T <script>")
    section = page.section("S & T")
    section.text("<b>bold</b>").table(pd.DataFrame({"x": ["<i>"], "y": [0.123456]}), "a < b").note("1 < 2")
    html = page.html()
    assert "T <script>" not in html
    assert "<b>bold</b>" not in html
    assert "<i>" not in html
    assert "0.123" in html
    assert 'href="#s---t"' in html


def test_cells_badges_and_folding():
    from perovex.report import Section

    frame = pd.DataFrame(
        {"name": ["a", "b"], "verdict": ["not supported", "undecided"], "x": [np.nan, 1234.567]},
        index=pd.Index([1.0, np.inf], name="n"),
    )
    (block,) = Section("S").table(frame, "C", folded=True, badges=["verdict"]).blocks
    assert block.startswith("<details")
    assert "<th>n</th>" in block  # numbers stand right, texts left
    assert '<th class="t">name</th>' in block
    assert '<span class="badge not-supported">not supported</span>' in block
    assert "1.23e+03" in block
    assert "nan" not in block
    (listed,) = Section("S").bullets(["a < b"]).blocks
    assert listed == "<ul><li>a &lt; b</li></ul>"


def test_page_needs_nothing_beside_it():
    page = Document("T")
    page.section("S")
    html = page.html()
    assert not re.search(r"""(src|href)=["'](?!#|data:)""", html)
    assert "@import" not in html


def test_a_page_carries_only_the_libraries_that_it_uses():
    plain, sortable, drawn = Document("T"), Document("T"), Document("T")
    plain.section("S").table(pd.DataFrame({"x": range(3)}), "short")
    sortable.section("S").table(pd.DataFrame({"x": range(30)}), "long")
    drawn.section("S").chart(go.Figure(go.Scatter(x=[1], y=["</script>"])), "figure")
    size = {name: len(page.html()) for name, page in (("plain", plain), ("sortable", sortable), ("drawn", drawn))}
    assert size["plain"] < 30_000
    assert 500_000 < size["sortable"] < 1_500_000
    assert 3_000_000 < size["drawn"] < 6_000_000
    assert '"</script>"' not in drawn.html()  # data cannot end the element it stands in


def test_terms_are_explained_once():
    page = Document("T")
    page.section("One").text("STEI and STEI").bullets(["MAE of 1 GPa"])
    page.section("Two").text("STEI again")
    html = page.html()
    assert html.count('data-tip="Steric effect index') == 1
    assert html.count('data-tip="Mean absolute error') == 1


def test_saved_figure_is_the_same_twice_and_ids_do_not_clash(tmp_path):
    def draw(name):
        made, ax = figure(2, 2)
        ax.plot([1, 2], [3, 4], label="a")
        ax.legend()
        return save_figure(made, tmp_path, name)

    first = draw("one")
    once = (tmp_path / "one.svg").read_bytes(), (tmp_path / "one.png").read_bytes()
    assert draw("one") == first
    assert ((tmp_path / "one.svg").read_bytes(), (tmp_path / "one.png").read_bytes()) == once
    ids = [set(re.findall(r'id="([^"]+)"', text)) for text in (first, draw("two"))]
    assert ids[0]
    assert not ids[0] & ids[1]
    for text, found in zip((first, draw("two")), ids, strict=True):
        assert set(re.findall(r'href="#([^"]+)"', text)) <= found


def test_figures_take_and_return_axes(table):
    _, axes = figure(ncols=4)
    assert plot_moduli(table, axes[0]) is axes[0]
    assert len(axes[0].collections) >= 3
    assert plot_series(table, "E_vrh", axes[1]) is axes[1]
    assert len(axes[1].lines) == 4
    parity = plot_parity(table["E_vrh"], table["E_vrh"] + 1, table["halide"], axes[2])
    assert "GPa" in parity.get_xlabel()
    scores = pd.DataFrame({"value": [1.0, 2.0], "lower": [0.5, 1.5], "upper": [1.5, 2.5]}, index=["model", "mean"])
    assert [t.get_text() for t in plot_scores(scores, "MAE", axes[3]).get_yticklabels()] == ["mean", "model"]


def test_series_of_one_layer_draws_no_line(table):
    _, ax = figure()
    plot_series(table[table["n_layers"] == 1.0], "E_vrh", ax)
    assert not ax.lines


@pytest.mark.parametrize(("by", "names"), [("n_layers", ["1", "2", "3D"]), ("halide", ["Cl", "Br", "I"])])
def test_distribution_shows_every_crystal_and_the_median(table, by, names):
    _, ax = figure()
    assert plot_distribution(table, "E_vrh", by, ax) is ax
    assert [t.get_text().split("\n")[0] for t in ax.get_xticklabels()] == names
    assert sum(len(c.get_offsets()) for c in ax.collections) == len(table)
    medians = [line.get_ydata()[0] for line in ax.lines if line.get_linewidth() == 1.2]
    assert sorted(medians) == pytest.approx(sorted(table.groupby(by)["E_vrh"].median()))


def test_a_figure_shows_itself_in_a_notebook():
    from IPython.core.formatters import PNGFormatter

    made, ax = figure(2, 2)
    ax.plot([0, 1])
    assert PNGFormatter()(made).startswith(b"\x89PNG")


def test_figures_stand_beside_each_other_and_the_answer_beside_its_figure():
    from perovex.report import Section

    section = Section("S").text("Words.").drawing("<svg></svg>", "one").drawing("<svg></svg>", "two").beside(2)
    assert section.blocks[0] == "<p>Words.</p>"
    assert section.blocks[1].startswith('<div class="figures"><figure>')
    assert section.blocks[1].count("<figure>") == 2
    (whole,) = Section("S").lead("Answer.").bullets(["why"]).drawing("<svg></svg>", "one").answer().blocks
    assert whole.startswith('<div class="answer"><div><p class="lead">')
    assert whole.endswith("</figure></div>")


@pytest.mark.parametrize(("points", "shapes"), [(200, True), (4000, False)])
def test_symbols_of_a_crowded_figure_are_drawn_as_pixels(tmp_path, points, shapes):
    made, ax = figure(4, 3)
    place = np.linspace(0, 1, points)
    ax.scatter(place, place**2, c=place)
    svg = save_figure(made, tmp_path, "crowd")
    assert (svg.count("<use") > points) == shapes
    assert ("<image" in svg) != shapes
    assert len(svg) < 150_000
    assert "<text" in svg  # the words of the axes stay words
