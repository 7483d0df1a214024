"""Files and functions stay of a size that can be read at once: 400 lines a file, 60 lines a function.

A function counts without its signature and docstring: options of a command are many, and examples are welcome.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def _files() -> list[Path]:
    return sorted(path for top in ("perovex", "tests", "benchmarks", "docs") for path in (ROOT / top).rglob("*.py"))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return from how many lines the statements of a function are, its docstring left out."""
    statements = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not statements:
        return 0
    return int(statements[-1].end_lineno or 0) - statements[0].lineno + 1


def _long_functions(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {body_lines(node)}"
        for node in functions
        if body_lines(node) > LONGEST_FUNCTION
    ]


def test_no_file_is_too_long() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in _files()}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    assert [function for path in _files() for function in _long_functions(path)] == []


def test_lines_of_a_function_are_counted_without_signature_and_docstring() -> None:
    text = 'def f(\n    a,\n    b,\n):\n    """Add.\n\n    More.\n    """\n    c = a\n\n    return c + b\n'
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == 3
