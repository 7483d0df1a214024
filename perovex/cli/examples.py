"""Examples in the help of every command; each of them is run by a test."""

from __future__ import annotations

from rich.markup import escape

#: By command: what is done, and the line that does it. Files and folders in them are the user's own.
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "study": (
        ("Everything, from the bundled data to a report", "perovex study --out study"),
        ("A quick look at your own labels", "perovex study --out quick --data mydata --quick"),
    ),
    "report": (
        ("The report of a study with your own head", "perovex report study --title 'Our films' --authors us"),
        ("The same into another file", "perovex report study --out seminar.html --notes 'For the group seminar.'"),
    ),
    "predict": (
        ("A crystal", "perovex predict crystal.cif"),
        ("A folder of crystals into a table", "perovex predict crystals/ --out prediction.csv"),
        ("A compound that has no crystal structure yet", "perovex predict --spacer 'CCCC[NH3+]' --halide Br"),
    ),
    "screen": (
        ("Spacers of a table, with three halides", "perovex screen spacers.csv --halide Cl,Br,I --out hits.parquet"),
        ("The softest, unlike each other", "perovex screen library --rank soft --diverse 0.6 --out soft.csv"),
    ),
    "spacers": (
        ("Fluorinated dications that may form layers", "perovex spacers --charge 2 --fluorinated --formable"),
    ),
    "suggest": (
        ("Ten spacers whose labels would teach most", "perovex suggest --k 10"),
        ("Bromides that may be stiffer than any known", "perovex suggest spacers.csv --by improvement --halide Br"),
    ),
    "model card": (
        ("What the bundled models learnt from, and how well they do", "perovex model card"),
        ("The same for the models of a study, as a page", "perovex model card study/models --out card.html"),
    ),
    "describe": (
        ("A crystal on the screen", "perovex describe crystal.cif"),
        ("Many crystals into a table", "perovex describe crystals/ more/*.vasp --out table.csv --jobs 2"),
        ("Every octahedron with its tilt", "perovex describe crystal.cif --per octahedron"),
        ("Bridges and tilts alone", "perovex describe crystal.cif -f bridges,tilts --format csv --units"),
    ),
    "descriptors list": (
        ("Key, unit, definition and source of every descriptor", "perovex descriptors list"),
        ("One family as Markdown", "perovex descriptors list -f bridges --out bridges.md"),
    ),
    "build": (
        ("Butylammonium lead bromide", "perovex build 'CCCC[NH3+]' --halide Br --out ba2pbbr4.cif"),
        ("Bromide at the spacers, iodide in the sheets", "perovex build 'CCCC[NH3+]' --halide axial=Br,equatorial=I"),
        ("One more sheet in every slab", "perovex build --thicken ba2pbbr4.cif --cage MA --out thicker.cif"),
        ("Another halide", "perovex build --substitute ba2pbbr4.cif --swap Br=I --out ba2pbi4.cif"),
    ),
    "label": (
        ("Relax a crystal and compute its elastic tensor", "perovex label crystal.cif --out records"),
        ("Many crystals, from a table with a column 'file'", "perovex label --table crystals.csv --out records"),
    ),
    "collect": (
        ("Records into a data set that a study reads", "perovex collect records --out mydata"),
    ),
    "audit-data": (
        ("Outliers, duplicates and rejections of the bundled data", "perovex audit-data"),
        ("The same of your own data, as JSON", "perovex audit-data --data mydata --out findings.json"),
    ),
    "validate-labels": (
        ("Bundled labels beside experiment and first-principles values", "perovex validate-labels"),
        ("The tables as CSV files in a folder", "perovex validate-labels --out validation"),
    ),
    "elastic": (
        ("Averages, extremes, anisotropy, sound and heat of a tensor", "perovex elastic C.txt --unit GPa"),
        (
            "Sound, heat and the sheet plane without a structure",
            "perovex elastic C.txt --normal 0,0,1 --density 2.4 --formula C8H24N2PbI4",
        ),
        ("In the frame of a crystal, as a page", "perovex elastic C.txt --structure crystal.cif --report tensor.html"),
    ),
    "minima": (
        ("The ways of making candidates", "perovex minima --list"),
        ("Search for the lowest minimum of a compound", "perovex minima crystal.cif --out minima"),
    ),
    "doctor": (
        ("What is installed, what is missing and how to get it", "perovex doctor"),
    ),
}  # fmt: skip

FIRST_STEPS = """\
perovex: how stiff is a hybrid perovskite, how sure is that, and why?

Three things to do next:

  perovex predict crystal.cif        stiffness of your crystal (CIF, POSCAR or extxyz), with intervals
  perovex study --out study --quick  models of the bundled data explained, in study/report.html (minutes)
  perovex doctor                     check the installation

perovex --help lists every command, perovex COMMAND --help shows examples.
"""


def epilog(command: str) -> str:
    """Return the examples of a command for the end of its help."""
    lines = [f"{words}:\n  [cyan]{escape(line)}[/cyan]" for words, line in EXAMPLES.get(command, ())]
    return "[bold]Examples[/bold]\n\n" + "\n\n".join(lines)
