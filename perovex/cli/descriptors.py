"""``perovex descriptors``: what each descriptor is."""

from __future__ import annotations

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
    output_format: Annotated[Format, typer.Option("--format", help="Table for people, Markdown or JSON.")] = "table",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write Markdown or JSON to this file.")] = None,
) -> None:
    """Print key, unit, definition, family, needs and source of every descriptor."""
    from perovex.descriptors import REGISTRY
    from perovex.descriptors.documentation import page

    chosen = [name for item in families or () for name in item.split(",") if name] or None
    keys = REGISTRY.keys_of(chosen)
    if output_format == "json":
        text = REGISTRY.to_frame().loc[keys].reset_index().to_json(orient="records", indent=1, force_ascii=False)
    elif output_format == "md":
        text = page() if chosen is None else REGISTRY.to_markdown(chosen)
    else:
        _print_table(keys)
        return
    if out is None:
        print(text, end="" if text.endswith("\n") else "\n")
    else:
        out.write_text(text, encoding="utf-8")


def _print_table(keys: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    from perovex.descriptors import REGISTRY

    shown = Table("key", "unit", "definition", "family", "needs", "source", title=f"{len(keys)} descriptors")
    shown.columns[0].no_wrap = True
    shown.columns[5].overflow = "fold"  # half an address leads nowhere
    for item in (REGISTRY[key] for key in keys):
        shown.add_row(item.key, item.unit, item.definition, item.family, ", ".join(item.needs), item.source)
    console = Console()
    console.print(shown, soft_wrap=not console.is_terminal)
