"""Relaxed-ion elastic tensors: linear response, its subspace, symmetry, and finite strain as a check."""
