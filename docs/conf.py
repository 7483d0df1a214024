"""Configuration of the documentation: Markdown pages, notebooks with their outputs, and the API reference."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import shutil  # noqa: E402

import reference  # noqa: E402

import perovex  # noqa: E402

project = "perovex"
author = "The perovex developers"
version = release = perovex.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
]
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # notebooks are run by themselves in continuous integration and keep their outputs
autosummary_generate = True
# made by scikit-learn's metaclass, documented there
_REQUESTS = ("fit", "partial_fit", "predict", "predict_proba", "score", "transform", "inverse_transform")
autodoc_default_options = {"exclude-members": ", ".join(f"set_{name}_request" for name in _REQUESTS)}
autodoc_typehints = "none"  # the docstrings say types and units
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
default_role = "code"
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
suppress_warnings = ["mystnb.unknown_mime_type"]

html_theme = "pydata_sphinx_theme"
html_title = f"perovex {version}"
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False}
html_static_path: list[str] = []

reference.write_pages(HERE)
for notebook in sorted((HERE.parent / "notebooks").glob("[0-9]*.ipynb")):
    shutil.copy2(notebook, HERE / "notebooks" / notebook.name)
