"""Tensor algebra (Young's moduli by direction and plane) and labels by interatomic potential."""

from perovex.elasticity.labelling import Label, label
from perovex.elasticity.relaxed import relax_atoms
from perovex.elasticity.stages import LabelSettings
from perovex.elasticity.tensor import ElasticTensor, plane_axes, youngs_modulus

__all__ = ["ElasticTensor", "Label", "LabelSettings", "label", "plane_axes", "relax_atoms", "youngs_modulus"]
