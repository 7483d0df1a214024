"""The documentation page of the descriptors, made from the registry."""

from __future__ import annotations

from perovex.descriptors.registry import FAMILIES, NEEDS, REGISTRY

_HEAD = """# Descriptors

This page is generated from the registry: `perovex descriptors list --format md --out docs/descriptors.md`.

A crystal is described by {count} numbers in {families} families. All are invariant under rotation, choice of
origin, choice of cell, supercells and the order of atoms. A value that is not defined for a crystal is NaN;
the column *needs* says what it depends on:

{needs}

`n_layers` is inf for a 3D network. Models that cannot read infinity use `inverse_n_layers`, which is always
finite. *Equatorial* means along the two in-plane M...M directions and *axial* along the normal of the sheets;
for a 3D network the pseudo-cubic axes take their places. Where a crystal has several octahedra, bridges,
gaps, spacers or bonds, a mean runs over all of them. A *source* is named where a quantity was defined in print; without
one the definition is complete in itself: a length, an angle, a count or a ratio of these.

"""


def page() -> str:
    """Return the page in Markdown.

    Returns
    -------
    str
        Head and one table per family.

    Examples
    --------
    >>> from perovex.descriptors.documentation import page
    >>> page().splitlines()[0]
    '# Descriptors'
    """
    needs = "\n".join(f"- **{name}**: {meaning}" for name, meaning in NEEDS.items())
    return _HEAD.format(count=len(REGISTRY), families=len(FAMILIES), needs=needs) + REGISTRY.to_markdown()
