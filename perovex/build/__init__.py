"""Make layered crystals: from spacer, metal, halide and n; from n sheets n + 1; from one halide another."""

from perovex.build.check import Expected, check_built, shortest_contact
from perovex.build.layered import build_layered
from perovex.build.lengths import bond_length
from perovex.build.relax import relax_built
from perovex.build.substitute import substitute
from perovex.build.thicken import thicken

__all__ = [
    "Expected",
    "bond_length",
    "build_layered",
    "check_built",
    "relax_built",
    "shortest_contact",
    "substitute",
    "thicken",
]
