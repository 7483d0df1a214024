"""Imports between the modules of perovex, counted; run it to see a table.

An arrow goes from the importing module to the imported one. It is of one of three kinds: at module level, inside a
function (lazy), or for types only (under ``if TYPE_CHECKING``).
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "perovex"


@dataclass(frozen=True)
class Arrow:
    """One import: from module, to module, kind (``"module"``, ``"function"`` or ``"types"``), line."""

    source: str
    target: str
    kind: str
    line: int


@cache
def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name."""
    named = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        named[name] = path
    return named


@cache
def arrows() -> tuple[Arrow, ...]:
    """Return every import of a module of perovex by another."""
    known = modules()
    found: list[Arrow] = []
    for name, path in known.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        _visit(tree, "module", name, known, found)
    return tuple(found)


def _visit(node: ast.AST, kind: str, name: str, known: dict[str, Path], found: list[Arrow]) -> None:
    for child in ast.iter_child_nodes(node):
        inner = kind
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            inner = "function"
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            inner = "types"
        if isinstance(child, ast.ImportFrom) and (child.module or "").split(".")[0] == "perovex":
            for alias in child.names:
                whole = f"{child.module}.{alias.name}"
                target = whole if whole in known else str(child.module)
                found.append(Arrow(name, target, kind, child.lineno))
        elif isinstance(child, ast.Import):
            found.extend(
                Arrow(name, alias.name, kind, child.lineno)
                for alias in child.names
                if alias.name.split(".")[0] == "perovex"
            )
        _visit(child, inner, name, known, found)


def package_of(module: str, depth: int = 1) -> str:
    """Return the package below ``perovex`` that a module belongs to; its first `depth` names."""
    parts = module.split(".")[1:]
    return ".".join(parts[:depth]) if parts else ""


def table() -> str:
    """Return the counts: arrows between packages, and inside each package between its folders and its modules."""
    doors = {name for name, path in modules().items() if path.name == "__init__.py"}  # they only pass names on
    every = {(a.source, a.target) for a in arrows() if a.source != a.target and a.source not in doors}
    lines = ["arrows between packages"]
    between = Counter((package_of(s), package_of(t)) for s, t in every)
    lines += [
        f"  {source:>12} -> {target:<12} {number}"
        for (source, target), number in sorted(between.items())
        if source != target and source and target
    ]
    lines.append("arrows inside packages: between folders, between modules, modules, longest path")
    for package in sorted({package_of(s) for s, _ in every} - {""}):
        inside = {(s, t) for s, t in every if package_of(s) == package_of(t) == package}
        folders = {(package_of(s, 2), package_of(t, 2)) for s, t in inside}
        across = sum(1 for s, t in folders if s != t)
        names = [m for m in modules() if package_of(m) == package]
        lines.append(f"  {package:>12} {across:4d} {len(inside):5d} {len(names):5d} {_longest_path(folders):5d}")
    return "\n".join(lines)


def _longest_path(edges: set[tuple[str, str]]) -> int:
    """Return the number of floors: the longest chain of arrows plus one; arrows back in a circle are not followed."""
    below: dict[str, set[str]] = {}
    for source, target in edges:
        if source != target:
            below.setdefault(source, set()).add(target)

    def height(node: str, path: tuple[str, ...]) -> int:
        return 1 + max((height(n, (*path, node)) for n in below.get(node, ()) if n not in (*path, node)), default=0)

    return max((height(node, ()) for node in below), default=1)


if __name__ == "__main__":
    print(table())  # noqa: T201
