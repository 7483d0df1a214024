"""``perovex elastic``: everything that follows from an elastic tensor."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from perovex.cli.choices import Force, not_negative, positive, refuse_idle
from perovex.cli.elastic_sheet import Sheet, numbers_of, sheet_along, sheet_of, substance_of

if TYPE_CHECKING:
    import pandas as pd

    from perovex.elasticity import Substance, TensorFile


def elastic(  # noqa: PLR0917 (options of a command)
    context: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            help="A 6 x 6 matrix or triangle in text, CSV or JSON; OUTCAR; output of thermo_pw, ElaStic, CASTEP, AFLOW,"
            " ABINIT or CRYSTAL; JSON of the Materials Project; a folder of CP2K outputs of strained cells. FILE@NAME"
            " is one entry of a JSON file of several.",
            metavar="FILE",
        ),
    ],
    structure: Annotated[
        Path | None,
        typer.Option("--structure", "-s", help="The crystal in whose frame the tensor stands: adds the sheet plane."),
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="Unit of the file: GPa, MPa, Pa, kbar, Mbar or eV/A^3.")
    ] = None,
    order: Annotated[
        Literal["voigt", "vasp"] | None,
        typer.Option("--order", help="Order of components: xx yy zz yz xz xy, or VASP's xx yy zz xy yz zx."),
    ] = None,
    normal: Annotated[
        str | None, typer.Option("--normal", help="Normal of the sheets, such as 0,0,1, where no structure tells it.")
    ] = None,
    density: Annotated[
        float | None, typer.Option("--density", callback=positive, help="g/cm³, where no structure tells it.")
    ] = None,
    formula: Annotated[
        str | None, typer.Option("--formula", help="With --density: masses of the atoms, for the Debye temperature.")
    ] = None,
    thickness: Annotated[
        float | None,
        typer.Option(
            "--thickness", callback=positive, help="Å, of a slab as a plate; by default the stacking period per slab."
        ),
    ] = None,
    spread: Annotated[
        float,
        typer.Option(
            "--spread",
            max=90,
            callback=not_negative,
            help="Spread (deg) of grains about the normal of a textured film.",
        ),
    ] = 0.0,
    along: Annotated[
        list[str] | None,
        typer.Option("--along", help="Direction for moduli and waves, such as 1,1,0; repeatable. By default the axes."),
    ] = None,
    strain: Annotated[
        str | None,
        typer.Option("--strain", help="Strain xx,yy,zz,yz,xz,xy (engineering shears) whose energy and stress count."),
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Write a page with tables and cuts: .html.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    force: Force = False,
) -> None:
    """Analyse an elastic tensor: averages, extremes by direction, anisotropy, sound and heat, films and slabs."""
    from perovex.cli.outputs import check_file, text_with
    from perovex.elasticity import read_tensor
    from perovex.elasticity.properties.analysis import analyse

    check_file(report, (".html", ".htm"), text_with("Elastic tensor"), force=force)
    sheet = _sheet(context, structure, normal)
    if density is None:
        refuse_idle(context, ("formula",), "without --density")
    wanted = {text: numbers_of(text, (3,), "--along") for text in along or ()}
    load = None if strain is None else numbers_of(strain, (6,), "--strain")
    reading = read_tensor(file, unit=unit, order=order, structure=sheet.structure)
    substance = substance_of(reading.substance, density, formula)
    tables = analyse(
        reading.tensor,
        substance=substance,
        normal=sheet.normal,
        thickness=sheet.thickness if thickness is None else thickness,
        spread=spread,
        directions=wanted or sheet.directions or None,
        strain=load,
    )
    if as_json:
        print(json.dumps(_as_json(file, reading, tables), indent=1, ensure_ascii=False))
    else:
        _print(reading, tables)
    for remark in (*reading.remarks, *_missing(reading, substance)):
        print(f"perovex: note: {remark}", file=sys.stderr)
    if report is not None:
        from perovex.report.elastic import elastic_report

        page = elastic_report(
            reading.tensor,
            tables,
            title=f"Elastic tensor of {Path(file).name}",
            remarks=reading.remarks,
            normal=sheet.normal,
            density=None if substance is None else substance.density,
        )
        page.write(report)
        print(f"report in {report}", file=sys.stderr)


def _sheet(context: typer.Context, structure: Path | None, normal: str | None) -> Sheet:
    """Sheet plane of the crystal or of the user's normal; refuse options that would be ignored."""
    if structure is not None:
        refuse_idle(context, ("normal", "formula"), "with --structure, which tells it")
        sheet = sheet_of(structure)
        if not sheet.layered:
            refuse_idle(context, ("thickness",), "with a 3D network, which has no slab")
        return sheet
    if normal is not None:
        return sheet_along(numbers_of(normal, (3,), "--normal"))
    refuse_idle(context, ("thickness", "spread"), "without --structure or --normal", "give one of them")
    return Sheet()


def _missing(reading: TensorFile, substance: Substance | None) -> list[str]:
    """Say what was left out for want of a density or of masses."""
    if not reading.tensor.born_stable:
        return []
    if substance is None:
        return ["sound and heat want a density: --density, or --structure"]
    if substance.mean_mass != substance.mean_mass:
        return ["Debye temperature and minimal conductivity want masses: --formula, or --structure"]
    return []


def _as_json(file: str, tensor_file: TensorFile, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    from perovex._json import json_safe

    tensor = tensor_file.tensor
    head = {
        "file": Path(file).name,
        "format": tensor_file.file_format,
        "unit_of_file": tensor_file.unit,
        "remarks": list(tensor_file.remarks),
        "C_GPa": tensor.C,
        "S_per_GPa": tensor.compliance,
        "eigenvalues_GPa": tensor.eigenvalues,
        "born_stable": tensor.born_stable,
    }
    return json_safe(head | {name: table.to_dict(orient="index") for name, table in tables.items()})


def _print(tensor_file: TensorFile, tables: dict[str, pd.DataFrame]) -> None:
    from perovex.elasticity.reading.raw import UNIT_NAMES
    from perovex.report.elastic import NOTES, TITLES

    state = "stable" if tensor_file.tensor.born_stable else "UNSTABLE: averages and extremes are undefined"
    print(f"{tensor_file.file_format}, read as {UNIT_NAMES[tensor_file.unit]}; Born: {state}")
    print("\nC (GPa), order xx yy zz yz xz xy")
    for row in tensor_file.tensor.C:
        print("".join(f"{x + 0.0:10.3f}" for x in row.round(3)))
    for name, table in tables.items():
        print(f"\n{TITLES[name]}")
        if name == "extremes":
            _print_extremes(table)
        elif name == "waves":
            _print_waves(table)
        else:
            _print_rows(table)
        if name in NOTES:
            _print_wrapped(NOTES[name])


def _print_rows(table: pd.DataFrame) -> None:
    from perovex._numbers import short

    values = [column for column in table.columns if column != "unit"]
    for start in range(0, len(values), 3):
        part = values[start : start + 3]
        wide = max(10, *(len(str(name)) + 2 for name in part))
        if len(values) > 1:
            print(" " * 40 + "".join(f"{name:>{wide}}" for name in part))
        for name, row in table.iterrows():
            cells = "".join(f"{'undefined' if row[key] != row[key] else short(row[key]):>{wide}}" for key in part)
            print(f"  {name!s:38}{cells} {'' if row['unit'] == '1' else row['unit']}".rstrip())


def _print_extremes(table: pd.DataFrame) -> None:
    from perovex._numbers import short
    from perovex.report.elastic import extremes_in_words

    for key, (name, row) in zip(table.index, extremes_in_words(table).iterrows(), strict=True):
        unit = "" if row["unit"] == "1" else f" {row['unit']}"
        ratio = "" if row["ratio"] != row["ratio"] else f", ratio {short(row['ratio'])}"
        auxetic = ", auxetic" if key == "poissons_ratio" and row["min"] < 0 else ""
        print(f"  {name}: {short(row['min'])} to {short(row['max'])}{unit}{ratio}{auxetic}")
        print(f"      min along {row['along (min)']}")
        print(f"      max along {row['along (max)']}")


def _print_waves(table: pd.DataFrame) -> None:
    from perovex._numbers import short
    from perovex.report.elastic import waves_in_words

    worded = waves_in_words(table)
    numbers = ["phase", "slowness", "group", "flow", "long."]
    print(" " * 27 + "".join(f"{name:>10}" for name in numbers))
    for name, row in worded.iterrows():
        print(f"  {name!s:25}" + "".join(f"{short(round(row[key], 6)):>10}" for key in numbers))
        print(f"      displacement {row['displacement']}; energy {row['energy']}")


def _print_wrapped(text: str) -> None:
    import textwrap

    from perovex.cli.tables import WIDTH

    print(textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  "))
