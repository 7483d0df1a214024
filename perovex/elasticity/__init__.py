"""Tensor algebra (Young's moduli by direction and plane) and labels by interatomic potential."""

from perovex.elasticity.labels.label import Label, label
from perovex.elasticity.labels.run import LabelSettings
from perovex.elasticity.relaxation.relax_atoms import relax_atoms
from perovex.elasticity.tensor import ElasticTensor, plane_axes, youngs_modulus

__all__ = ["ElasticTensor", "Label", "LabelSettings", "label", "plane_axes", "relax_atoms", "youngs_modulus"]
