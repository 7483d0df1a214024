"""Read elastic tensors from text, tables, JSON and the output of programs."""

from perovex.elasticity.reading.read import TensorFile, read_tensor

__all__ = ["TensorFile", "read_tensor"]
