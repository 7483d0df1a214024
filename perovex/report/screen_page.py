"""The page of a screen: what it is worth, the hits, their Pareto view, what was not screened."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from rdkit import Chem
from rdkit.Chem.Draw import rdMolDraw2D

from perovex.elasticity.names import YOUNGS_MODULI
from perovex.figures import figure, style
from perovex.figures.screening import plot_pareto
from perovex.figures.style import embed_svg
from perovex.report.document import Document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perovex.report.document import Section
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
    composed = ", ".join(f"{metal} {halide} n={n}" for metal, halide, n in question.compositions)
    made = Document(f"Screen for {result.goal.kind} compounds", subtitle=f"{composed}; {question.moduli} moduli")
    _worth(made, result)
    if len(result.hits):
        _hits(made, result.hits, result.goal.target)
    if len(result.unranked):
        section = made.section("Not ranked")
        section.text(
            f"{len(result.unranked)} rows break a rule of formability or lie outside of what was asked for; the first "
            f"{_FAILURES} at most."
        )
        section.table(result.unranked.drop(columns="status").head(_FAILURES), "Rows and reasons", index=False)
    if len(result.failures):
        section = made.section("Not screened")
        section.text(
            f"{len(result.failures)} rows were repeats or could not be screened; the first {_FAILURES} at most."
        )
        section.table(result.failures.drop(columns="status").head(_FAILURES), "Rows and reasons", index=False)
    return made


def _worth(made: Document, result: Screen) -> None:
    """Say first how good such predictions were on spacers that were held out."""
    section = made.section("What this is worth")
    section.lead(f"{result.statements[0][0].upper()}{result.statements[0][1:]}.")
    section.bullets(result.statements[1:])
    section.table(pd.DataFrame([result.counts]), "Rows and compounds", index=False)


def _hits(made: Document, hits: pd.DataFrame, target: str) -> None:
    section = made.section("Hits")
    shown = hits.head(_SHOWN)
    section.table(_compact(shown, target), f"Hits; moduli in GPa, {target} with its interval", index=False)
    drawn_hits = hits.drop_duplicates("key").head(_DRAWN)
    labels = [f"rank {rank}" for rank in drawn_hits["rank"]]
    section.drawing(molecules_svg(list(drawn_hits["smiles"]), labels), "Spacers of the first hits")
    details = shown[["rank", "smiles", "domain_reason", "similarity_to_better", "pareto", "nearest_known"]]
    section.table(details, "What lies outside of what was learnt, and what is near", index=False)
    if "label" in shown:
        _labels(section, shown)
    drawn, ax = figure()
    with style():
        plot_pareto(hits, ax=ax)
        stream = io.StringIO()
        drawn.savefig(stream, format="svg", metadata={"Date": None, "Creator": "perovex"})
    made.section("Pareto view").drawing(
        embed_svg(stream.getvalue(), "pareto"), "Hits by both moduli; no other hit beats those of the front in both"
    )


def _labels(section: Section, hits: pd.DataFrame) -> None:
    """Show what search and labels found of those hits that were tried (rung c)."""
    tried = hits[(hits["label_start"] != "") | (hits["label_error"] != "")]
    moduli = {name: tried[f"labelled_{name}"].round(2) for name in YOUNGS_MODULI}
    words = tried[["label_start", "label_statement", "label_error"]]
    view = pd.DataFrame({"rank": tried["rank"], "spacer": tried["smiles"], **moduli}).join(words)
    names = {"label_start": "search began with", "label_statement": "what it found", "label_error": "no label because"}
    section.table(view.rename(columns=names), "Minima searched and labelled (rung c), moduli in GPa", index=False)


def _compact(hits: pd.DataFrame, target: str) -> pd.DataFrame:
    """Take few columns: numbers that sort, one interval, one cell for the composition."""
    view: dict[str, Any] = {
        "rank": hits["rank"],
        "spacer": hits["smiles"],
        "compound": [f"{r.metal} {r.halide} n={r.n:g}" for r in hits.itertuples(index=False)],
        "formability": hits["formability"],
    }
    ends = zip(hits[f"{target}_lower"], hits[f"{target}_upper"], strict=True)
    view[target] = hits[target].round(2)
    view["interval"] = [f"{lower:.1f} to {upper:.1f}" for lower, upper in ends]
    view |= {name: hits[name].round(2) for name in YOUNGS_MODULI if name != target}
    view["learnt from such"] = hits["in_domain"].map({True: "yes", False: "NO"})
    if "built_rung" in hits:
        view["built"] = hits["built_rung"]
    view["rung"] = hits["rung"]
    return pd.DataFrame(view)


def molecules_svg(smiles: Sequence[str], labels: Sequence[str], columns: int = 3) -> str:
    """Draw molecules beside each other.

    Parameters
    ----------
    smiles, labels : sequence of str
        What to draw, and what stands below each.
    columns : int
        Molecules in a row.

    Examples
    --------
    >>> molecules_svg(["CCCC[NH3+]", "CC[NH3+]"], ["first", "second"]).startswith("<svg")
    True
    """
    across = min(columns, len(smiles))
    down = -(-len(smiles) // across)
    width, height = 240, 150
    drawer = rdMolDraw2D.MolDraw2DSVG(across * width, down * height, width, height)
    options: Any = drawer.drawOptions()
    options.clearBackground = False
    drawer.DrawMolecules([Chem.MolFromSmiles(one) for one in smiles], legends=list(labels))
    drawer.FinishDrawing()
    text = drawer.GetDrawingText()
    return str(text[text.index("<svg") :])
