"""Tensors in JSON: of the Materials Project, AFLOW, pymatgen, perovex, or a matrix alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from perovex.elasticity.reading.raw import RawTensor, matrix_of, unit_in
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymatgen.core import Structure

# Where a tensor may stand, better ones first: the raw tensor of the Materials Project has the frame of its structure,
# the one in IEEE format has not.
_KEYS = (
    ("C_GPa", "perovex JSON"),
    ("raw", "Materials Project JSON"),
    ("elastic_tensor_original", "Materials Project JSON"),
    ("ieee_format", "Materials Project JSON"),
    ("elastic_tensor", "Materials Project JSON"),
    ("ael_stiffness_tensor", "AFLOW JSON"),
    ("input_array", "pymatgen JSON"),
    *(
        (key, "JSON")
        for key in ("stiffness_tensor", "stiffness", "elastic_constants", "C", "Cij", "C_ij", "tensor", "c_ij")
    ),
)
_HOLDERS = ("elasticity", "elastic_tensor", "data", "response", "output", "result")


def parse_json(text: str, which: str | None = None) -> RawTensor | None:
    """Find the tensor of a JSON file; None if the text is no JSON.

    Parameters
    ----------
    text : str
    which : str, optional
        Name of one entry of a file that holds several.

    Returns
    -------
    RawTensor or None

    Raises
    ------
    ElasticityError
        If the JSON holds no tensor, or several and none was chosen.
    """
    try:
        data = json.loads(text)
    except ValueError:
        return None
    if which is not None:
        if not isinstance(data, dict) or which not in data:
            raise ElasticityError(f"no entry {which!r} in this JSON file", remedy=_names(data))
        data = data[which]
    matrix = matrix_of(data)
    if matrix is not None:
        return RawTensor(matrix, "JSON", order="voigt")
    for holder in _holders(data):
        for key, name in _KEYS:
            matrix = _matrix(holder.get(key))
            if matrix is None:
                continue
            remarks = ("the tensor is in IEEE orientation, not in the frame of a structure",) if "ieee" in key else ()
            unit = unit_in(str(holder.get("unit", holder.get("units", ""))))
            known = "gpa" if name != "JSON" else ""
            return RawTensor(matrix, name, unit or known, "voigt", _structure(data, holder), remarks=remarks)
    if isinstance(data, dict) and sum(_is_entry(value) for value in data.values()) > 1:
        raise ElasticityError("the file holds several tensors", remedy=_names(data))
    raise ElasticityError("no elastic tensor in this JSON file", remedy="a 6 x 6 list, or one under 'elastic_tensor'")


def _holders(data: Any) -> Iterator[dict[str, Any]]:
    """Objects in which a tensor may stand, outer ones first."""
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, dict):
        return
    yield data
    for key in _HOLDERS:
        if key in data and not _is_matrix(data[key]):
            yield from _holders(data[key])


def _is_matrix(value: Any) -> bool:
    return isinstance(value, list) and _matrix(value) is not None


def _matrix(value: Any) -> Any:
    """Matrix of a list, or of AFLOW's text of commas and semicolons."""
    if isinstance(value, str):
        rows = [row.split(",") for row in value.split(";")]
        try:
            value = [[float(x) for x in row] for row in rows]
        except ValueError:
            return None
    return matrix_of(value) if isinstance(value, list) else None


def _is_entry(value: Any) -> bool:
    return isinstance(value, dict) and any(_matrix(value.get(key)) is not None for key, _ in _KEYS)


def _names(data: Any) -> str:
    if not isinstance(data, dict):
        return "the file holds one tensor without a name"
    names = [str(name) for name, value in data.items() if _is_entry(value)]
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return f"choose one as FILE@NAME: {shown}" if names else "the file has no named entries"


def _structure(*places: Any) -> Structure | None:
    from pymatgen.core import Structure

    for place in places:
        stored = place.get("structure") if isinstance(place, dict) else None
        if isinstance(stored, dict) and "lattice" in stored:
            try:
                return Structure.from_dict(stored)
            except (KeyError, ValueError, TypeError):
                return None
    return None
