"""Perception: octahedra, network, slabs, molecules, roles and phase of a crystal."""

from perovex.crystal.perception.isolated import octahedra_alone
from perovex.crystal.perception.perceive import perceive
from perovex.crystal.perception.phase import layer_shifts

__all__ = ["layer_shifts", "octahedra_alone", "perceive"]
