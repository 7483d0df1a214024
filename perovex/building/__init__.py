"""Make layered crystals: from spacer, metal, halide and n; from n sheets n + 1; from one halide another."""

from perovex.building.check import Expected, check_built, shortest_contact
from perovex.building.exchange import exchange_spacers, shape_difference
from perovex.building.from_known import from_known, nearest_known, patterns_from_known
from perovex.building.layered import build_layered
from perovex.building.lengths import bond_length
from perovex.building.relax import relax_built
from perovex.building.slide import slide
from perovex.building.substitute import mix_halides, substitute
from perovex.building.thicken import thicken
from perovex.building.thin import thin
from perovex.building.tilt import tilt, tilt_patterns
from perovex.building.turn import turn_molecules

__all__ = [
    "Expected",
    "bond_length",
    "build_layered",
    "check_built",
    "exchange_spacers",
    "from_known",
    "mix_halides",
    "nearest_known",
    "patterns_from_known",
    "relax_built",
    "shape_difference",
    "shortest_contact",
    "slide",
    "substitute",
    "thicken",
    "thin",
    "tilt",
    "tilt_patterns",
    "turn_molecules",
]
