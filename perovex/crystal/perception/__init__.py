"""Perception: octahedra, network, slabs, molecules, roles and phase of a crystal."""

from perovex.crystal.perception.perceive import perceive
from perovex.crystal.perception.phase import layer_shifts

__all__ = ["layer_shifts", "perceive"]
