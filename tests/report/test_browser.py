"""The report in a browser: figures drawn, tables sortable, the explorer alive, nothing on the console."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from perovex.report import Document

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


def payload(n=6):
    """A made study of a few crystals with two descriptors that are one group each."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(n, 2)).round(3).tolist()
    return {
        "crystals": [
            {"name": f"c{i}", "formula": "CsPbI3", "n": f"{1 + i % 2}"} for i in range(n)
        ],
        "facts": ["formula", "n"],
        "categories": ["n"],
        "descriptors": [{"key": key, "label": key, "unit": "Å"} for key in ("angle", "spacing")],
        "values": numbers,
        "targets": {
            "E_vrh": {
                "text": "E_vrh (GPa)", "unit": "GPa", "shapUnit": "contribution",
                "contributions": ["angle", "spacing"], "leaders": [0, 1],
            }
        },
        "labels": {"E_vrh": [10.0 + i for i in range(n)]},
        "predictions": {
            "E_vrh": {"value": [10.0] * n, "lower": [8.0] * n, "upper": [None] * n, "inside": [True, None] * (n // 2)}
        },
        "shap": {"E_vrh": numbers},
        "base": {"E_vrh": [2.3] * n},
        "neighbours": [[(i + 1) % n, (i + 2) % n] for i in range(n)],
        "structures": [{"symbols": ["Cs", "Pb"], "positions": [[0, 0, 0], [3, 3, 3]], "cell": np.eye(3).tolist()}] * n,
        "elements": {symbol: {"radius": 1.5, "colour": "rgb(1,2,3)"} for symbol in ("Cs", "Pb")},
        "start": {"x": "angle"},
        "small": {
            "E_vrh": {
                "descriptors": ["angle", "spacing"], "coefficients": [0.1, -0.2], "intercept": 2.3, "log": True,
                "centre": [0, 0], "scale": [1.0, 1.0], "smallest": [-2.0, -2.0], "largest": [2.0, 2.0],
                "correlation": [[1.0, 0.5], [0.5, 1.0]],
            }
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """The page as the browser left it, and what it wrote on the console."""
    folder = tmp_path_factory.mktemp("report")
    document = Document("Made report", payload=payload())
    document.section("Explore").raw('<div class="explorer" id="explorer"></div>')
    long = pd.DataFrame({"crystal": [f"c{i}" for i in range(40)], "modulus": np.arange(40.0)})
    document.section("Tables").table(long, "Long.").table(long.head(3), "Short.")
    document.section("Figures").chart(go.Figure(go.Scatter(x=[1, 2], y=[3, 4])), "A line.")
    page = folder / "report.html"
    document.write(page)
    return visit(page, folder)


def visit(page, folder):
    """Open a page; return it as the browser left it, and what it wrote on the console."""
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
        f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    console = [line for line in done.stderr.splitlines() if re.search(r"CONSOLE", line)]
    return done.stdout, console


def test_nothing_is_written_on_the_console(rendered):
    _, console = rendered
    advice = ("WebGL", "GPU", "Canvas2D")  # of a browser without graphics hardware, on speed
    assert [line for line in console if not any(word in line for word in advice)] == []


def test_long_tables_can_be_searched_and_saved_and_short_ones_stay_plain(rendered):
    page, _ = rendered
    assert page.count('class="dt-search"') == 1
    assert ">CSV<" in page
    assert "Showing 1 to 15 of 40" in page


def test_paper_holds_a_page_of_rows_and_says_how_many_more(tmp_path):
    document = Document("On paper")
    long = pd.DataFrame({"crystal": [f"c{i}" for i in range(100)]})
    section = document.section("Tables").table(long.head(40), "Forty.").table(long, "Hundred.")
    section.table(long, "Folded.", folded=True)
    assert section.folded == 1
    asked = "addEventListener('load', () => setTimeout(() => dispatchEvent(new Event('beforeprint')), 3000))"
    page = tmp_path / "report.html"
    page.write_text(document.html().replace("</body>", f"<script>{asked}</script></body>"), encoding="utf-8")
    left, _ = visit(page, tmp_path)
    forty, hundred = (left.split(caption)[1].split("</figure>")[0] for caption in ("Forty.", "Hundred."))
    assert forty.count("<tr") == 41
    assert "more row" not in forty
    assert hundred.count("<tr") == 61
    assert ">40 more rows: in the CSV" in hundred
    assert "1 more table is folded in this section" in left


def test_figures_and_explorer_are_drawn(rendered):
    page, _ = rendered
    assert page.count("js-plotly-plot") >= 4
    assert "Most similar crystals" in page
    assert "E_vrh: 9.97 GPa" in page  # exp(2.3), the small model at the mean of all crystals
    assert "all crystals; draw a box or lasso" in page


def test_a_phone_is_not_scrolled_sideways_and_sees_the_answer_first(tmp_path):
    """The page in a frame as wide as a phone says how wide it became; windows of Chromium are wider than phones."""
    document = Document("Made report", payload=payload())
    wide = pd.DataFrame({f"quite a long column {k}": np.arange(30.0) for k in range(12)})
    answer = (
        document.section("Answer").lead("In short.").drawing('<svg width="700" height="90"></svg>', "Wide.").answer()
    )
    answer.text(f"Data checksum: sha256:{'0123456789abcdef' * 4}").table(wide, "Wide.").table(wide.head(2), "Short.")
    document.section("Explore").raw('<div class="explorer" id="explorer"></div>')
    section = document.section("Figures")
    for _ in range(2):
        section.chart(go.Figure(go.Scatter(x=[1, 2], y=[3, 4])), "A line.")
    section.beside(2)
    tell = "[document.documentElement.scrollWidth, document.querySelector('details.menu').open].join()"
    later = f"addEventListener('load', () => setTimeout(() => parent.postMessage({tell}, '*'), 2000));"
    said = f"<script>{later}</script></body>"
    (tmp_path / "report.html").write_text(document.html().replace("</body>", said), encoding="utf-8")
    frame = tmp_path / "phone.html"
    frame.write_text(
        '<body><iframe src="report.html" style="width:390px;height:844px;border:0"></iframe><script>'
        "addEventListener('message', (e) => { document.body.dataset.said = e.data; });</script></body>",
        encoding="utf-8",
    )
    page, _ = visit(frame, tmp_path)
    width, menu = re.search(r'data-said="(\d+),(\w+)"', page).groups()
    assert int(width) <= 390
    assert menu == "false"
