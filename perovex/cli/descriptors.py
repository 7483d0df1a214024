"""``perovex descriptors``: what each descriptor is."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated, Literal

import typer

from perovex.cli.choices import Force  # noqa: TC001 (typer reads it)
from perovex.cli.examples import epilog

app = typer.Typer(help="What each descriptor is.", no_args_is_help=True)

Format = Literal["table", "md", "json"]
_BY_SUFFIX: dict[str, Format] = {".md": "md", ".json": "json"}


@app.callback()
def _descriptors() -> None:
    """Keep ``list`` a sub-command although it is the only one."""


@app.command("list", epilog=epilog("descriptors list"))
def list_descriptors(
    families: Annotated[
        list[str] | None,
        typer.Option("--families", "-f", help="Families of descriptors; repeatable or with commas."),
    ] = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="List for people, Markdown or JSON; by the suffix of --out.")
    ] = "table",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write Markdown or JSON to this file.")] = None,
    force: Force = False,
) -> None:
    """Print key, unit, definition, family, needs and source of every descriptor."""
    from perovex._files import write_atomic
    from perovex.cli.outputs import check_file, text_with
    from perovex.descriptors import REGISTRY
    from perovex.descriptors.documentation import page

    chosen = [name for item in families or () for name in item.split(",") if name] or None
    keys = REGISTRY.keys_of(chosen)
    if output_format == "table":
        check_file(out, (".md", ".json"), text_with("bond_length_mean"), force=force)
        output_format = _BY_SUFFIX[out.suffix] if out else "table"
    else:
        check_file(out, (), text_with("bond_length_mean"), force=force)
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
