"""Elastic tensors (by direction, averaged, as waves, films and plates) and labels by interatomic potential."""

from perovex.elasticity.labels.label import Label, label
from perovex.elasticity.labels.run import LabelSettings
from perovex.elasticity.properties.substance import Substance
from perovex.elasticity.reading import TensorFile, read_tensor
from perovex.elasticity.relaxation.relax_atoms import relax_atoms
from perovex.elasticity.tensor import ElasticTensor, youngs_modulus
from perovex.elasticity.voigt import plane_axes

__all__ = [
    "ElasticTensor",
    "Label",
    "LabelSettings",
    "Substance",
    "TensorFile",
    "label",
    "plane_axes",
    "read_tensor",
    "relax_atoms",
    "youngs_modulus",
]
