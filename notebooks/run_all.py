"""Execute every notebook in a scratch folder; fail on the first error or unseen figure. The files themselves stay as they are."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent


def _refuse_unseen_figures(notebook: nbformat.NotebookNode, name: str) -> None:
    """Exit where a cell ends in a figure that the reader gets as text only."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if data.get("text/plain", "").startswith("<Figure") and "image/png" not in data:
                sys.exit(f"{name}: a figure is not shown: {cell.source}")


def main() -> None:
    """Run the notebooks named on the command line, or all of them."""
    names = [Path(a) for a in sys.argv[1:]] or sorted(HERE.glob("*.ipynb"))
    for path in names:
        start = time.perf_counter()
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as scratch:
            NotebookClient(
                notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": scratch}}
            ).execute()
        _refuse_unseen_figures(notebook, path.name)
        print(f"{path.name}: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
