"""Execute every notebook in a scratch folder; fail on the first error or unseen figure.

With ``--write`` the outputs are kept in the files, small enough for a code host; without, the files stay as they are.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
LARGEST = 1_500_000  # bytes of a notebook with its outputs


def _refuse_unseen_figures(notebook: nbformat.NotebookNode, name: str) -> None:
    """Exit where a cell ends in a figure that the reader gets as text only."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            drawn = data.get("text/plain", "").startswith(("<Figure", "<Axes", "<perovex.figures"))
            if drawn and "image/png" not in data:
                sys.exit(f"{name}: a figure is not shown: {cell.source}")


def _keep_outputs(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook with its outputs, without what differs from run to run."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.output_type != "stream" or o.name == "stdout"]
    text = nbformat.writes(notebook) + "\n"
    if len(text) > LARGEST:
        sys.exit(f"{path.name}: {len(text)} bytes with outputs, more than {LARGEST}")
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """Run the notebooks named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of this folder")
    parser.add_argument("--write", action="store_true", help="keep the outputs in the files")
    asked = parser.parse_args()
    names = asked.notebooks or sorted(HERE.glob("*.ipynb"))
    for path in names:
        start = time.perf_counter()
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as scratch:
            NotebookClient(
                notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": scratch}}
            ).execute()
        _refuse_unseen_figures(notebook, path.name)
        if asked.write:
            _keep_outputs(notebook, path)
        print(f"{path.name}: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
