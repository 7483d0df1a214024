"""`read_tensor`: whatever holds an elastic tensor becomes an `ElasticTensor` with what was noticed on the way."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perovex.elasticity.properties.substance import Substance
from perovex.elasticity.reading.checks import (
    frame_remark,
    in_gpa,
    order_remark,
    reordered,
    require_symmetric,
    unit_remark,
)
from perovex.elasticity.reading.cp2k import parse_cp2k_folder
from perovex.elasticity.reading.json_files import parse_json
from perovex.elasticity.reading.programs import parse_program
from perovex.elasticity.reading.text import parse_text
from perovex.elasticity.tensor import ElasticTensor
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    import os

    from pymatgen.core import Structure

    from perovex.elasticity.reading.raw import RawTensor

MAX_BYTES = 500_000_000
KNOWN = (
    "known are a 6 x 6 matrix or triangle in text, CSV or JSON, VASP OUTCAR, thermo_pw, ElaStic, CASTEP, AFLOW,"
    " ABINIT, CRYSTAL and JSON of the Materials Project"
)


@dataclass(frozen=True)
class TensorFile:
    """A tensor and what was read with it.

    Attributes
    ----------
    tensor : ElasticTensor
    file_format : str
        What the file was taken for.
    unit : str
        Unit of the file in lower case; the tensor is in GPa.
    structure : Structure or None
        The crystal, from the caller or from the file itself.
    substance : Substance or None
        Density and atoms of the crystal.
    remarks : tuple of str
        What a reader should know.
    """

    tensor: ElasticTensor
    file_format: str
    unit: str
    structure: Structure | None
    substance: Substance | None
    remarks: tuple[str, ...]


def read_tensor(
    path: str | os.PathLike[str],
    *,
    unit: str | None = None,
    order: str | None = None,
    structure: Structure | None = None,
) -> TensorFile:
    r"""Read an elastic tensor.

    Parameters
    ----------
    path : path
        File, plain or gzipped; ``FILE@NAME`` for an entry of a JSON file of several; a folder of CP2K outputs of
        strained cells. Formats are known by content.
    unit : str, optional
        Unit of the file where it names none (or another one): GPa, MPa, Pa, kbar, Mbar, eV/A^3.
    order : {"voigt", "vasp"}, optional
        Order of the components where the format does not settle it; Voigt's by default.
    structure : Structure, optional
        Crystal in whose frame the tensor is given.

    Returns
    -------
    TensorFile

    Raises
    ------
    ElasticityError
        If there is no such file, no tensor in it, its unit is not named and not plausible, or it is not symmetric.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "C.txt"
    >>> _ = file.write_text("30 10 10 0 0 0\n30 10 0 0 0\n30 0 0 0\n10 0 0\n10 0\n10\n")
    >>> tensor_file = read_tensor(file)
    >>> tensor_file.tensor.hill.E.__round__(6), tensor_file.remarks
    (25.0, ('no unit is named in the file: taken as GPa',))
    """
    file, which = _split(path)
    try:
        raw = parse_cp2k_folder(file) if file.is_dir() else _parse(_text(file), which)
        return _settled(raw, unit, order, structure)
    except ElasticityError as error:
        raise error.at(path) from error.__cause__


def _split(path: str | os.PathLike[str]) -> tuple[Path, str | None]:
    whole = Path(path)
    stem, at, which = whole.name.partition("@")  # labels hold an @ themselves
    if not at or not stem or whole.exists():
        return whole, None
    return whole.parent / stem, which


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ElasticityError("the file is too large")
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except FileNotFoundError as error:
        raise ElasticityError("no such file", remedy="check the path") from error
    except (OSError, EOFError, zlib.error) as error:
        raise ElasticityError(f"cannot be read ({error})") from error
    text = content.decode("utf-8", errors="replace").lstrip("\ufeff")
    if not text.strip():
        raise ElasticityError("the file is empty")
    return text


def _parse(text: str, which: str | None) -> RawTensor:
    if text.lstrip()[:1] in {"{", "["}:
        raw = parse_json(text, which)
        if raw is not None:
            return raw
    if which is not None:
        raise ElasticityError(f"there is no entry {which!r} to select in a file of this format")
    raw = parse_program(text) or parse_text(text)
    if raw is None:
        raise _nothing_in(text)
    return raw


def _nothing_in(text: str) -> ElasticityError:
    if "CP2K|" in text:
        return ElasticityError(
            "CP2K prints no elastic tensor", remedy="give the folder of its outputs for seven or more strained cells"
        )
    if re.search(r"\bnan\b|\binf\b|\*{4}", text, re.IGNORECASE):
        return ElasticityError("no elastic tensor found, and entries that are no numbers", remedy="compute it again")
    return ElasticityError("no elastic tensor found", remedy=KNOWN)


def _settled(raw: RawTensor, unit: str | None, order: str | None, structure: Structure | None) -> TensorFile:
    if order not in {None, "voigt", "vasp"}:
        raise ElasticityError(f"unknown order {order!r}", remedy="choose voigt or vasp")
    matrix, taken, remark = in_gpa(raw.matrix, raw.unit, unit)
    require_symmetric(matrix)
    remarks = [*raw.remarks, remark]
    settled = order or raw.order
    crystal = structure if structure is not None else raw.structure
    if settled == "vasp":
        matrix = reordered(matrix)
    elif order is None:
        remarks.append(order_remark(matrix, crystal))
    if remark:
        remarks.append(unit_remark(matrix, crystal))
    tensor = ElasticTensor(matrix)
    if not tensor.born_stable:
        low = tensor.eigenvalues[0]
        remarks.append(f"the tensor is unstable (lowest eigenvalue {low:.3g} GPa): averages are undefined")
    elif crystal is not None:
        remarks.append(frame_remark(tensor, crystal))
    substance = Substance.of(crystal) if crystal is not None else raw.substance
    return TensorFile(tensor, raw.file_format, taken, crystal, substance, tuple(text for text in remarks if text))
