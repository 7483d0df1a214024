"""The command ``perovex``: registers the commands and turns typed errors into one line and exit status 2."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perovex import __version__
from perovex.cli import (
    audit_data,
    build,
    collect,
    describe,
    descriptors,
    doctor,
    elastic,
    label,
    minima,
    model,
    predict,
    report,
    screen,
    spacers,
    study,
    suggest,
    validate_labels,
)
from perovex.cli.console import drop_output, prepare_streams
from perovex.cli.examples import FIRST_STEPS, epilog
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

INTERRUPTED = 130  # what shells expect after Ctrl-C
_UsageError: Any = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")

app = typer.Typer(
    name="perovex",
    help="Descriptors, stiffness models and explanations for hybrid organic-inorganic perovskites.",
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

_STUDY, _CRYSTALS, _LABELS, _SETUP = "Models", "Crystals", "Labels and data", "Installation"


def _register(name: str, command: Callable[..., Any], panel: str) -> None:
    app.command(name, rich_help_panel=panel, epilog=epilog(name))(command)


_register("study", study.study, _STUDY)
_register("report", report.report, _STUDY)
_register("predict", predict.predict, _STUDY)
_register("screen", screen.screen, _STUDY)
_register("spacers", spacers.spacers, _STUDY)
_register("suggest", suggest.suggest, _STUDY)
app.add_typer(model.app, name="model", rich_help_panel=_STUDY)
_register("describe", describe.describe, _CRYSTALS)
app.add_typer(descriptors.app, name="descriptors", rich_help_panel=_CRYSTALS)
_register("build", build.build, _CRYSTALS)
_register("elastic", elastic.elastic, _CRYSTALS)
_register("label", label.label, _LABELS)
_register("minima", minima.minima, _LABELS)
_register("collect", collect.collect, _LABELS)
_register("audit-data", audit_data.audit_data, _LABELS)
_register("validate-labels", validate_labels.validate_labels, _LABELS)
_register("doctor", doctor.doctor, _SETUP)


def _show_version(value: bool) -> None:
    if value:
        print(f"perovex {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def common(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 (handled by its callback)
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens to stderr.")] = False,
) -> None:
    """Descriptors, stiffness models and explanations for hybrid organic-inorganic perovskites."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s")
    if not verbose:
        warnings.simplefilter("ignore")
    if context.invoked_subcommand is None:
        print(FIRST_STEPS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exit status 2 and one line on stderr for a typed error.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of those of the process.
    """
    prepare_streams()
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        _refuse_unusable(arguments)
        status = app(args=arguments, standalone_mode=False)
        sys.stdout.flush()
    except PerovexError as error:
        status = _refuse(error.kind, str(error))
    except _UsageError as error:
        printed_help = type(error).__name__ == "NoArgsIsHelpError"  # a group alone
        status = 2 if printed_help else _refuse("UsageError", _usage(error))
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:
        drop_output()
        status = 0
    except OSError as error:  # a full disk, a name that is too long: no fault of the program, but the file is named
        if "--verbose" in arguments or "-v" in arguments:
            raise
        status = _refuse("OSError", f"{str(error.filename or '')[:200]}: {error.strerror or error}")
    if status == INTERRUPTED:
        print("perovex: interrupted", file=sys.stderr)
    raise SystemExit(status if isinstance(status, int) else 0)


def _refuse_unusable(arguments: Sequence[str]) -> None:
    """Refuse ``--out ""`` or a file without a name, most often a variable that is not set, and null characters."""
    for before, item in zip(["", *arguments], arguments, strict=False):
        if "\0" in item:
            raise PerovexError(f"a null character in {item!r:.80}", remedy="no file or value holds one")
        if not item or re.fullmatch(r"--?[\w-]+=", item):
            where = item or before
            raise PerovexError(f"empty argument{f' after {where}' if where else ''}", remedy="is a variable not set?")


def _refuse(kind: str, message: str) -> int:
    print(f"perovex: {kind}: {' '.join(message.split())}", file=sys.stderr)
    return 2


def _usage(error: Any) -> str:
    """Return what is wrong with the command line, and where help is."""
    command = error.ctx.command_path if getattr(error, "ctx", None) is not None else "perovex"
    return f"{error.format_message().rstrip('.')} (see `{command} --help`)"


if __name__ == "__main__":
    main()
