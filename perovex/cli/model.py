"""``perovex model``: what a model folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from perovex.cli.choices import Force, Moduli  # noqa: TC001 (typer reads it)
from perovex.cli.examples import epilog

app = typer.Typer(help="What a model folder holds.", no_args_is_help=True)


@app.callback()
def _model() -> None:
    """Keep ``card`` a sub-command although it is the only one."""


@app.command("card", epilog=epilog("model card"))
def card(
    models: Annotated[
        Path | None, typer.Argument(help="Models of `perovex study` (DIR/models); default: the bundled ones.")
    ] = None,
    moduli: Annotated[
        Moduli | None, typer.Option(help="Which bundled models: for relaxed (default) or soft_frozen moduli.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file (.md or .html).")] = None,
    force: Force = False,
) -> None:
    """Print the model card: models, training data, held-out scores, limits, descriptors, environment."""
    from perovex._files import write_atomic
    from perovex.cli.outputs import check_file, text_with
    from perovex.learn import card_html, card_markdown, read_manifest
    from perovex.prediction import choose_models

    check_file(out, (".md", ".html"), text_with("Model card"), force=force)
    manifest = read_manifest(choose_models(models, moduli))
    if out is None:
        print(card_markdown(manifest), end="")
        return
    text = card_html(manifest) if out.suffix == ".html" else card_markdown(manifest)
    write_atomic(out, text.encode())
