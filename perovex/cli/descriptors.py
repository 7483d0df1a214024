"""``perovex descriptors``: what each descriptor is."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(help="What each descriptor is.", no_args_is_help=True)

Format = Literal["table", "md", "json"]


@app.callback()
def _descriptors() -> None:
    """Keep ``list`` a sub-command although it is the only one."""


@app.command("list")
def list_descriptors(
    families: Annotated[
        list[str] | None,
        typer.Option("--families", "-f", help="Families of descriptors; repeatable or with commas."),
    ] = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="List for people, Markdown or JSON; by the suffix of --out.")
    ] = "table",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write Markdown or JSON to this file.")] = None,
) -> None:
    """Print key, unit, definition, family, needs and source of every descriptor."""
    from perovex._files import write_atomic
    from perovex.descriptors import REGISTRY
    from perovex.descriptors.documentation import page
    from perovex.errors import PerovexError

    chosen = [name for item in families or () for name in item.split(",") if name] or None
    keys = REGISTRY.keys_of(chosen)
    if out is not None and output_format == "table":
        if out.suffix not in {".md", ".json"}:
            raise PerovexError(
                f"a list cannot be written as {out.suffix or 'a file without suffix'}",
                remedy="use .md or .json, or give --format",
                source=out,
            )
        output_format = "json" if out.suffix == ".json" else "md"
    if output_format == "json":
        text = REGISTRY.to_frame().loc[keys].reset_index().to_json(orient="records", indent=1, force_ascii=False)
    elif output_format == "md":
        text = page() if chosen is None else REGISTRY.to_markdown(chosen)
    else:
        _print_list(keys)
        return
    text = text if text.endswith("\n") else text + "\n"
    if out is None:
        print(text, end="")
    else:
        write_atomic(out, text.encode())


def _print_list(keys: list[str]) -> None:
    """Print one paragraph per descriptor: a table of six columns cuts every definition short."""
    from perovex.cli.tables import WIDTH
    from perovex.descriptors import REGISTRY

    print(f"{len(keys)} descriptors")
    family = ""
    for item in (REGISTRY[key] for key in keys):
        if item.family != family:
            family = item.family
            print(f"\n{family.replace('_', ' ').upper()}")
        print(f"\n{item.key} ({item.unit})")
        told = f"{item.definition} Needs: {', '.join(item.needs)}. Source: {item.source}"
        print(textwrap.fill(told, WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False))
