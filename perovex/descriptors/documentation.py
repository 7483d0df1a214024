"""The documentation page of the descriptors, made from the registry."""

from __future__ import annotations

from perovex.descriptors.registry import FAMILIES, NEEDS, REGISTRY
from perovex.descriptors.sources import REFERENCES

_HEAD = """# Descriptors

This page is generated from the registry: `perovex descriptors list --format md --out docs/descriptors.md`.

A crystal is described by {count} numbers in {families} families. All are invariant under rotation, choice of
origin, choice of cell, supercells and the order of atoms. A value that is not defined for a crystal is NaN;
the column *needs* says what it depends on:

{needs}

`n_layers` is inf for a 3D network. Models that cannot read infinity use `inverse_n_layers`, which is always
finite. *Equatorial* means along the two in-plane M...M directions and *axial* along the normal of the sheets;
for a 3D network the pseudo-cubic axes take their places. Octahedra that form neither (100) sheets nor a 3D
perovskite, yet are isolated or share corners alone (A2BX6, (110) and (111) sheets, chains), have no such frame: what
needs one is NaN, every cation counts as a spacer, and a remark names the network. Where a crystal has several
octahedra, bridges, gaps, spacers or bonds, a mean runs over all of them. The *source* is the work that defines the
quantity; plain lengths, angles and counts, whose definition is complete in itself, name one that describes layered
perovskites or cations by them. The list of sources is at the end.

"""


def page() -> str:
    """Return the page in Markdown.

    Returns
    -------
    str
        Head, one table per family, and the list of sources.

    Examples
    --------
    >>> from perovex.descriptors.documentation import page
    >>> page().splitlines()[0]
    '# Descriptors'
    """
    needs = "\n".join(f"- **{name}**: {meaning}" for name, meaning in NEEDS.items())
    cited = sorted({d.source for d in REGISTRY.values()}, key=REFERENCES.__getitem__)
    sources = "\n".join(f"- {REFERENCES[doi]}, doi:{doi}" for doi in cited)
    head = _HEAD.format(count=len(REGISTRY), families=len(FAMILIES), needs=needs)
    return head + REGISTRY.to_markdown() + f"\n## Sources\n\n{sources}\n"
