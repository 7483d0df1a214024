"""The page of a screen: what it is worth, the hits, their Pareto view, what was not screened."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from rdkit import Chem
from rdkit.Chem.Draw import rdMolDraw2D

from perovex.figures import figure, style
from perovex.figures.screening import plot_pareto
from perovex.figures.style import embed_svg
from perovex.report.document import Document

if TYPE_CHECKING:
    from perovex.screening import Question, Screen

_DRAWN: Final = 6
_SHOWN: Final = 200
_FAILURES: Final = 200


def screen_page(result: Screen, question: Question) -> Document:
    """Make the page of a screen.

    Parameters
    ----------
    result : Screen
    question : Question

    Returns
    -------
    Document
    """
    composed = ", ".join(f"{metal}{halide} n={n}" for metal, halide, n in question.compositions)
    made = Document(f"Screen for {result.goal.kind} compounds", subtitle=f"{composed}; {question.moduli} moduli")
    _worth(made, result)
    if len(result.hits):
        _hits(made, result.hits)
    if len(result.failures):
        section = made.section("Not screened")
        section.text(
            f"{len(result.failures)} rows were repeats or could not be screened; the first {_FAILURES} at most."
        )
        section.table(result.failures.head(_FAILURES), "Rows and reasons", index=False)
    return made


def _worth(made: Document, result: Screen) -> None:
    """Say first how good such predictions were on spacers that were held out."""
    section = made.section("What this is worth")
    section.lead(f"{result.statements[0][0].upper()}{result.statements[0][1:]}.")
    section.bullets(result.statements[1:])
    section.table(pd.DataFrame([result.counts]), "Rows and compounds", index=False)


def _hits(made: Document, hits: pd.DataFrame) -> None:
    section = made.section("Hits")
    columns = ["rank", "smiles", "metal", "halide", "n", "formability"]
    for target in ("E_in_plane", "E_out_of_plane", "E_vrh"):
        columns += [target, f"{target}_lower", f"{target}_upper"]
    columns += ["in_domain", "rung", "similarity_to_better", "pareto", "nearest_known"]
    section.table(hits[columns].head(_SHOWN), "Hits; moduli in GPa with intervals", index=False)
    for row in hits.drop_duplicates("key").head(_DRAWN).itertuples(index=False):
        section.drawing(molecule_svg(str(row.smiles)), f"{row.rank}: {row.smiles}, {row.formability}")
    drawn, ax = figure()
    with style():
        plot_pareto(hits, ax=ax)
        stream = io.StringIO()
        drawn.savefig(stream, format="svg", metadata={"Date": None, "Creator": "perovex"})
    made.section("Pareto view").drawing(
        embed_svg(stream.getvalue(), "pareto"), "Hits by both moduli; no other hit beats those of the front in both"
    )


def molecule_svg(smiles: str, width: int = 260, height: int = 160) -> str:
    """Draw a molecule.

    Parameters
    ----------
    smiles : str
    width, height : int
        Pixels.

    Examples
    --------
    >>> molecule_svg("CCCC[NH3+]").startswith("<svg")
    True
    """
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options: Any = drawer.drawOptions()
    options.clearBackground = False
    drawer.DrawMolecule(Chem.MolFromSmiles(smiles))
    drawer.FinishDrawing()
    text = drawer.GetDrawingText()
    return str(text[text.index("<svg") :])
