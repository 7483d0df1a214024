"""Scripts and styles that a page brings along."""

from base64 import b64decode

from perovex.report.assets import own, plotly_script, table_module, table_style


def test_assets_are_whole_and_ask_for_nothing_elsewhere():
    head, _, body = table_module().partition(",")
    assert head == "data:text/javascript;base64"
    assert b"DataTable" in b64decode(body)
    assert "Plotly" in plotly_script()[:20_000] + plotly_script()[-200_000:]
    assert "@import" not in table_style()
    assert own("report.css")
