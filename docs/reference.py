"""Pages of the API reference, made from what packages call public; and a check that a built site holds all of it.

Run as a script with the folder of a built site, it fails for every public name that the site does not explain.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from pathlib import Path

import perovex

#: Packages in the order in which a reader meets them.
HIDDEN = ("perovex.cli",)


def packages() -> list[str]:
    """Return the top package and every package directly below it that calls something public."""
    below = [f"perovex.{info.name}" for info in pkgutil.iter_modules(perovex.__path__) if info.ispkg]
    named = [name for name in below if name not in HIDDEN]
    return ["perovex", *(name for name in named if getattr(importlib.import_module(name), "__all__", None))]


def public_names(package: str) -> list[str]:
    """Return what a package calls public, classes and functions first, without dunder names."""
    module = importlib.import_module(package)
    return [name for name in module.__all__ if not name.startswith("__")]


def write_pages(docs: Path) -> None:
    """Write one page per package into the folder ``api``."""
    folder = docs / "api"
    folder.mkdir(exist_ok=True)
    for package in packages():
        module = importlib.import_module(package)
        summary = inspect.getdoc(module) or ""
        first_line = summary.splitlines()[0]
        lines = [f"# {package}", "", first_line, ""]
        if package == "perovex":
            lines += [f"* `{name}`: {{py:obj}}`{home}.{name}`" for name, home in sorted(_homes().items())]
        else:
            lines += [
                f"```{{eval-rst}}\n.. currentmodule:: {package}\n",
                ".. autosummary::",
                "   :toctree: generated",
                "",
            ]
            lines += [*(f"   {name}" for name in public_names(package)), "```"]
        lines.append("")
        _write_if_changed(folder / f"{package}.md", "\n".join(lines))


def _homes() -> dict[str, str]:
    """Return, for every name that can be imported from `perovex` itself, the package that explains it."""
    homes = {}
    for name in public_names("perovex"):
        holders = [package for package in packages()[1:] if name in public_names(package)]
        homes[name] = holders[0] if holders else "perovex.errors"
    return homes


def _write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def missing_from(site: Path) -> list[str]:
    """Return the public names that a built site has no entry for."""
    from sphinx.util.inventory import InventoryFile

    with (site / "objects.inv").open("rb") as stream:
        inventory = InventoryFile.load(stream, "", lambda base, uri: f"{base}{uri}")
    explained = {name for kind, entries in inventory.items() if kind.startswith("py:") for name in entries}
    wanted = {f"{package}.{name}" for package in packages()[1:] for name in public_names(package)}
    return sorted(wanted - explained)


if __name__ == "__main__":
    absent = missing_from(Path(sys.argv[1]))
    for name in absent:
        print(f"not in the API reference: {name}", file=sys.stderr)
    sys.exit(1 if absent else 0)
