"""Terms of the report in a sentence each: shown on hover where they first occur, and listed at the end."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

TERMS: Final = {
    "Young's modulus": "Stress over strain along one direction, in GPa: how hard it is to stretch a crystal that way.",
    "E_in_plane": "Young's modulus averaged over all directions in the plane of the layers, in GPa.",
    "E_out_of_plane": "Young's modulus along the normal of the layers, in GPa.",
    "E_vrh": "Young's modulus of a polycrystal, from the Voigt-Reuss-Hill averages of the tensor, in GPa.",
    "STEI": "Steric effect index of a cation: heavy atoms counted by the inverse third power of their distance from "
    "the nitrogen in bonds; large for crowded heads (Wu et al. 2024).",
    "bridging angle": "Metal-halide-metal angle between neighbouring octahedra; 180 degrees is straight.",
    "M-X bond length": "Length of the bonds between metal M and halide X; it tells the halides apart.",
    "M-X-M angle": "The bridging angle between neighbouring octahedra; 180 degrees is straight.",
    "H...X length": "Length of the hydrogen bonds from the ammonium groups to the halides.",
    "free volume fraction": "Share of the cell that neither molecules nor ions fill: how loosely it is packed.",
    "slab fraction": "Share of the layer period that the inorganic slab takes.",
    "interlayer metal spacing": "Distance along the normal between metal planes of neighbouring slabs.",
    "spacer": "The organic cation between the slabs.",
    "SHAP": "Shapley values of descriptors: how much each moved one prediction from the mean, adding up to it exactly.",
    "held-out": "Predicted by a model that has seen neither the crystal nor any other of its group (its "
    "spacer, unless the study says otherwise).",
    "MAE": "Mean absolute error, in the unit of the target.",
    "R2": "Share of variance explained: 1 is perfect, 0 no better than the mean, negative worse.",
    "ROC-AUC": "Chance that a crystal of the upper class (stiff, high) is ranked above one of the lower: 0.5 is "
    "guessing, 1 perfect.",
    "applicability domain": "The region of descriptors where the models have training crystals nearby.",
    "y-scrambling": "The whole procedure on shuffled targets, which a sound procedure cannot predict.",
    "noise floor": "The importance that shuffled copies of descriptors reach by luck.",
    "soft modes": "Collective motions of atoms with little restoring force; they make a crystal compliant and depend "
    "on the potential.",
    "RP": "Ruddlesden-Popper: slabs shifted by half a cell in both directions.",
    "DJ": "Dion-Jacobson: slabs above each other.",
}
"""Term to explanation."""

_FIRST = {term: re.compile(rf"(?<![\w-]){re.escape(html.escape(term, quote=False))}(?![\w-])") for term in TERMS}


def terms_in(fragments: Iterable[str]) -> list[str]:
    """Return the terms that occur in pieces of HTML.

    Examples
    --------
    >>> terms_in(["<p>MAE and", "R2</p>"])
    ['MAE', 'R2']
    """
    text = "\n".join(fragments)
    return [term for term, pattern in _FIRST.items() if pattern.search(text)]


def explain_terms(fragment: str, seen: set[str]) -> str:
    """Return an escaped text in which the first occurrence of each term carries its explanation.

    Parameters
    ----------
    fragment : str
        HTML without tags.
    seen : set of str
        Terms that were explained before; extended.

    Examples
    --------
    >>> explain_terms("MAE of 2 GPa", set()).startswith('<dfn tabindex="0" data-tip="Mean absolute error')
    True
    >>> explain_terms("MAE", {"MAE"})
    'MAE'
    """
    places = []
    for term, pattern in _FIRST.items():
        match = None if term in seen else pattern.search(fragment)
        if match is not None:
            places.append((match.start(), match.end(), term))
    done, parts = 0, []
    for start, end, term in sorted(places):
        if start < done:  # inside a longer term
            continue
        seen.add(term)
        tip = html.escape(TERMS[term])
        parts += [fragment[done:start], f'<dfn tabindex="0" data-tip="{tip}">{fragment[start:end]}</dfn>']
        done = end
    return "".join([*parts, fragment[done:]])
