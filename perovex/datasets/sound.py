"""Velocities of sound of the crystals of a release, from their tensors, densities and sheet planes."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pymatgen.core import Element

from perovex.elasticity.properties.substance import Substance
from perovex.elasticity.properties.waves import sheet_velocities
from perovex.elasticity.tensor import ElasticTensor
from perovex.errors import ElasticityError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VELOCITIES = ("v_in_plane", "v_out_of_plane")
_LATTICE = re.compile(r'Lattice="([^"]*)"')
_LABEL = re.compile(r'label_id=(?:"([^"]*)"|(\S+))')


def densities(text: str) -> dict[str, float]:
    r"""Mass density of every crystal of an extended xyz text with ``Lattice`` and ``label_id``, without building it.

    Parameters
    ----------
    text : str
        Content of ``structures.extxyz``.

    Returns
    -------
    dict of str to float
        g/cm³ by ``label_id``.

    Examples
    --------
    >>> density_of = densities('1\nLattice="3 0 0 0 3 0 0 0 3" label_id=a@x\nAr 0 0 0\n')
    >>> {name: round(value, 3) for name, value in density_of.items()}
    {'a@x': 2.457}
    """
    lines = text.splitlines()
    density_of, at = {}, 0
    while at < len(lines) and lines[at].strip():
        count = int(lines[at])
        lattice, label = _LATTICE.search(lines[at + 1]), _LABEL.search(lines[at + 1])
        if lattice is not None and label is not None:
            volume = abs(np.linalg.det(np.array(lattice.group(1).split(), float).reshape(3, 3)))
            symbols = Counter(line.split(None, 1)[0] for line in lines[at + 2 : at + 2 + count])
            mass = sum(float(Element(symbol).atomic_mass) * n for symbol, n in symbols.items())
            density_of[label.group(1) or label.group(2)] = Substance.from_cell(mass, count, float(volume)).density
        at += count + 2
    return density_of


def velocities(
    labels: Iterable[str], tensors: Mapping[str, Mapping[str, Any]], kind: str, density: Mapping[str, float]
) -> pd.DataFrame:
    """Longitudinal velocities in and out of the sheet plane.

    Parameters
    ----------
    labels : iterable of str
        ``label_id`` of each crystal.
    tensors : mapping of str to mapping
        Content of ``tensors.json``.
    kind : str
        Key of the tensor, such as ``"C_GPa"``.
    density : mapping of str to float
        g/cm³, from `densities`.

    Returns
    -------
    DataFrame
        Columns ``v_in_plane`` and ``v_out_of_plane`` (km/s), indexed by label; NaN where tensor, normal or density is
        missing or the tensor is unstable.
    """
    rows = {}
    for label in labels:
        stored = tensors.get(label, {})
        try:
            tensor = ElasticTensor(np.array(stored[kind]))
            rows[label] = sheet_velocities(tensor, stored["normal"], density[label])
        except (KeyError, ElasticityError):
            rows[label] = dict.fromkeys(VELOCITIES, math.nan)
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(VELOCITIES), dtype=float)
