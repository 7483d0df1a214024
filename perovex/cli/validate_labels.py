"""``perovex validate-labels``: labels beside measured cells, first-principles values and trends of the literature."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perovex.cli.choices import Force  # noqa: TC001 (typer reads it)

if TYPE_CHECKING:
    import pandas as pd

_CAPTIONS = {
    "lattice": "Relaxed lattice parameters against experiment and DFT, deviation of the label in percent",
    "lattice_errors": "The same by method; the last two columns: the method itself against experiment",
    "moduli": "Moduli against first-principles values, GPa",
    "errors": "The same by quantity",
    "first_principles": "Layered crystals too: moduli against PBE-D3(BJ) along the same strain paths",
    "scaling": "One factor on each modulus that would bring the potential closest to PBE-D3(BJ), and what it leaves on "
    "crystals that it was not taken from",
    "potentials": "Interatomic potentials at the same first-principles calls: mean absolute errors of forces, stress"
    " and elastic constants (GPa), of moduli, and rank correlation of E_vrh; --out and --json give all",
    "soft_mode_errors": "Interatomic potentials on soft modes: curvature between two amplitudes (secant, eV/Å²) against"
    " PBE-D3(BJ), with its noise, and the modes that are apart by more than two standard errors",
    "enantiomers": "Crystals and their mirror images, whose labels should be equal: how far they differ",
    "trends": "Trends of the literature; the answer is that of a sign test over groups (spacers)",
}
# A column by which an earlier table is known.
_FIRST_COLUMNS = {
    "lattice": "status",
    "lattice_errors": "mean_length_percent",
    "moduli": "K_label",
    "errors": "spearman",
    "enantiomers": "right",
    "trends": "trend",
}


#: Columns of wide tables that a terminal shows, and their headings there.
_SHOWN = {
    "potentials": {
        "potential": "potential",
        "force_mae_eV_per_A": "eV/Å",
        "stress_mae_GPa": "stress",
        "component_mae_GPa": "C",
        "E_vrh_mape_percent": "E_vrh %",
        "E_in_plane_mape_percent": "in %",
        "E_out_of_plane_mape_percent": "out %",
        "E_vrh_spearman": "rank",
    },
    "soft_mode_errors": {
        "potential": "potential",
        "modes": "modes",
        "secant_mae_eV_per_A2": "error",
        "noise_eV_per_A2": "noise",
        "beyond_noise": "beyond",
        "secant_mape_percent": "error %",
        "secant_ratio": "own / PBE",
        "spearman": "order",
    },
}


def validate_labels(
    data: Annotated[Path | None, typer.Option("--data", help="Data folder; default: the bundled data.")] = None,
    potential: Annotated[
        str | None,
        typer.Option(help="Labels by this interatomic potential; default: the one with most accepted labels."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the tables: FILE.json, or a folder of CSV files.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the tables as JSON.")] = False,
    force: Force = False,
) -> None:
    """Print how good labels are: lattice parameters, first-principles moduli, known trends."""
    from perovex._files import write_atomic
    from perovex.cli.tables import WIDTH
    from perovex.datasets import load_elastic
    from perovex.datasets.quality.references import validate_labels_against_references

    _check(out, force=force)
    loaded = load_elastic(data, potential=potential)
    result = validate_labels_against_references(loaded)
    tables = result.tables_with_words()
    text = json.dumps(result.to_dict(), indent=2) + "\n"
    if as_json:
        print(text, end="")
    else:
        print(textwrap.fill(str(loaded), WIDTH))
        for name, frame in tables.items():
            print("\n" + textwrap.fill(f"{_CAPTIONS[name]}:", WIDTH))
            shown = _fitting(frame, _SHOWN[name]) if name in _SHOWN else frame
            print(_narrow(shown) if len(frame) else "  nothing to compare in these data")
    if out is None:
        return
    if out.suffix == ".json":
        write_atomic(out, text.encode())
        return
    for name, frame in tables.items():
        write_atomic(out / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n").encode())


def _check(out: Path | None, *, force: bool) -> None:
    """Refuse what cannot be written: one file of JSON, or a folder, which has no ending, of one CSV file a table."""
    from perovex._files import check_folder
    from perovex.cli.outputs import check_file, json_with, table_with
    from perovex.errors import PerovexError

    if out is None or out.suffix == ".json":
        check_file(out, (".json",), json_with("lattice", "trends"), force=force)
    elif out.suffix and not out.is_dir():
        raise PerovexError(f"cannot write {out.suffix}", remedy="use .json, or a folder for CSV files", source=out)
    else:
        check_folder(out)
        for name, column in _FIRST_COLUMNS.items():
            check_file(out / f"{name}.csv", (".csv",), table_with(column), force=force)


def _fitting(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Return what a terminal has room for of the errors of potentials; files and JSON hold the rest."""
    packages = frame["potential"].str.replace(r"^(\w+)\.[\w.]+:\w+", r"\1", regex=True)  # of module:factory
    return frame[list(columns)].rename(columns=columns).assign(potential=packages)


def _narrow(frame: object) -> str:
    """Lay a table out for a terminal: one block of `name: value` pairs a row where the row is long text."""
    import pandas as pd

    from perovex.cli.tables import WIDTH, plain

    assert isinstance(frame, pd.DataFrame)
    rounded = frame.round(3 if {"trend", "noise"} & set(frame) else 2)
    if "trend" not in frame:
        return plain(rounded.set_index(list(rounded.columns[:1])))
    lines = []
    for row in rounded.to_dict(orient="records"):
        said = ["{answer:9} {statement}".format_map(row)]
        if row["groups"]:  # some difference is not a tie
            p = f"p = {row['p_value']:.3f}" if row["p_value"] >= 0.001 else "p < 0.001"
            said.append(
                "{agreeing} of {comparisons} comparisons, {groups_agreeing} of {groups} groups: share {share} "
                "[{share_lower}, {share_upper}], ".format_map(row)
                + f"{p}, median {row['median_difference_GPa']} GPa"
            )
        for text, indent in zip(said, (2, 12), strict=False):
            lines += textwrap.wrap(text, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * 12)
    return "\n".join(lines)
