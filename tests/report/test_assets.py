"""Scripts and styles that a page brings along."""

import re
from base64 import b64decode

from perovex._colours import PALETTE
from perovex.report.assets import own, palette, plotly_script, table_module, table_style


def test_assets_are_whole_and_ask_for_nothing_elsewhere():
    head, _, body = table_module().partition(",")
    assert head == "data:text/javascript;base64"
    assert b"DataTable" in b64decode(body)
    assert "Plotly" in plotly_script()[:20_000] + plotly_script()[-200_000:]
    assert "@import" not in table_style()
    assert own("report.css")


def test_the_style_sheet_takes_its_colours_from_the_palette():
    css = own("report.css")
    written = {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}\b", css)}
    assert not written & {colour.lower() for colour in PALETTE.values()}
    used = set(re.findall(r"var\(--([a-z-]+)\)", css)) - set(re.findall(r"--([a-z-]+):", css))
    assert used == {"blue", "orange", "sky"}
    assert all(f"--{name}: {PALETTE[name]};" in palette() for name in used)
