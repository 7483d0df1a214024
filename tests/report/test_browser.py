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
            {"name": f"c{i}", "formula": "CsPbI3", "smiles": "[Cs+]", "n": "1", "halide": "I", "phase": "DJ"}
            for i in range(n)
        ],
        "descriptors": [{"key": key, "label": key, "unit": "Å"} for key in ("angle", "spacing")],
        "values": numbers,
        "contributions": ["angle", "spacing"],
        "leaders": [0, 1],
        "targets": {"E_vrh": {"text": "E_vrh (GPa)", "shapUnit": "contribution"}},
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
                "descriptors": ["angle", "spacing"], "coefficients": [0.1, -0.2], "intercept": 2.3, "centre": [0, 0],
                "scale": [1.0, 1.0], "smallest": [-2.0, -2.0], "largest": [2.0, 2.0],
                "correlation": [[1.0, 0.5], [0.5, 1.0]],
            }
        },
        "whatIfNote": "By the small model.",
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


def test_figures_and_explorer_are_drawn(rendered):
    page, _ = rendered
    assert page.count("js-plotly-plot") >= 4
    assert "Most similar crystals" in page
    assert "E_vrh: 9.97 GPa" in page  # exp(2.3), the small model at the mean of all crystals
    assert "all crystals; draw a box or lasso" in page
