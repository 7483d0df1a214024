"""What a page carries so that it works from disk without a network: two libraries, one style sheet, two scripts.

Plotly draws the figures that answer to the pointer; DataTables (as the itables package brings it) sorts, searches
and saves long tables. Both are well kept, need no server and come with Python packages; a page that uses neither
carries neither.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from importlib.resources import files

from perovex._colours import PALETTE


@cache
def own(name: str) -> str:
    """Return the text of a file in the folder of templates."""
    return (files("perovex.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def palette() -> str:
    """Return the colours of figures as variables of a style sheet.

    Examples
    --------
    >>> palette()[:24]
    ':root { --blue: #0072B2;'
    """
    return f":root {{ {' '.join(f'--{name}: {colour};' for name, colour in PALETTE.items())} }}\n"


@cache
def plotly_script() -> str:
    """Return the JavaScript of Plotly, about 4.8 MB."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


@cache
def table_module() -> str:
    """Return the DataTables bundle as a module that a page imports from itself, a data URL of about 0.8 MB."""
    raw = (files("itables") / "html" / "dt_bundle.js").read_bytes()
    return f"data:text/javascript;base64,{b64encode(raw).decode('ascii')}"


@cache
def table_style() -> str:
    """Return the style sheet of DataTables."""
    return (files("itables") / "html" / "dt_bundle.css").read_text(encoding="utf-8")
