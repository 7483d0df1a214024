"""What kind of network the octahedra form, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.bonding.graph import Components, components
from perovex.errors import TopologyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.perception.network import Links

SHARING = {1: "corner", 2: "edge", 3: "face"}


def require_corner_sharing(links: Links, parts: Components) -> int:
    """Return 2 or 3, the dimensionality of the corner-sharing network, or say what there is instead.

    Parameters
    ----------
    links : Links
        Shared halides.
    parts : Components
        Pieces of the network.

    Returns
    -------
    int
        2 or 3.

    Raises
    ------
    TopologyError
        With the name in its attribute `topology`.
    """
    names = sorted({_name(links, parts, c) for c in range(len(parts))})
    ranks = set(parts.rank.tolist())
    if names == ["2D corner-sharing"]:
        return 2
    if names == ["3D corner-sharing"] and len(parts) == 1:
        return 3
    if len(names) > 1:
        topology = "mixed: " + " + ".join(names)
    elif ranks == {3}:
        topology = f"{names[0]}, interpenetrating" if len(parts) > 1 else names[0]
    else:
        topology = names[0]
    raise topology_error(topology)


def shares_no_edge(links: Links) -> bool:
    """Tell whether octahedra share corners at most, or nothing at all.

    Parameters
    ----------
    links : Links
        Shared halides.
    """
    return bool((links.shared == 1).all())


def topology_error(topology: str, detail: str = "") -> TopologyError:
    """Return the error for a network that is no corner-sharing 2D or 3D perovskite."""
    text = f"no corner-sharing 2D or 3D perovskite; the octahedra form: {topology}"
    remedy = (
        "`perovex describe` takes isolated and corner-sharing octahedra, `perovex describe --per octahedron` any; all "
        "else needs (100) sheets or a 3D perovskite"
    )
    return TopologyError(text + (f" ({detail})" if detail else ""), remedy=remedy).named(topology)


def _name(links: Links, parts: Components, component: int) -> str:
    mine = parts.label[links.octahedron[:, 0]] == component
    rank = int(parts.rank[component])
    members = int((parts.label == component).sum())
    if not mine.any():
        return "0D isolated octahedra"
    kinds = "+".join(SHARING.get(int(s), "more-than-face") for s in np.unique(links.shared[mine]))
    if rank == 0:
        return f"0D {kinds}-sharing {'dimer' if members == 2 else 'cluster'}"
    if rank == 2 and kinds == "corner+edge" and _edge_rank(links, parts, component) == 1:
        return "post-perovskite (2D corner+edge-sharing)"
    return f"{rank}D {kinds}-sharing"


def _edge_rank(links: Links, parts: Components, component: int) -> int:
    """Dimensionality of the part of a network that shares edges."""
    chosen: NDArray[np.bool_] = (parts.label[links.octahedron[:, 0]] == component) & (links.shared == 2)
    edges = components(len(parts.label), links.octahedron[chosen], links.image[chosen])
    return int(edges.rank.max())
