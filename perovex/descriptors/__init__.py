"""Numbers from a perceived crystal: one registry, one function, one scikit-learn transformer.

Descriptors come in families: octahedra, bridges, tilts, layers, hydrogen bonds, cation and composition.
`REGISTRY` says what each one is, `describe` computes them for one crystal and `HOIPFeaturizer` for many. A
value that is not defined for a crystal is NaN.
"""

from perovex.descriptors.describing import describe, missing_hydrogens
from perovex.descriptors.featurizer import HOIPFeaturizer
from perovex.descriptors.registry import FAMILIES, REGISTRY, Descriptor, Registry
from perovex.descriptors.topology import eccentricity, eccentricity_head, stei, stei_head, stei_min_head, tsei

__all__ = [
    "FAMILIES",
    "REGISTRY",
    "Descriptor",
    "HOIPFeaturizer",
    "Registry",
    "describe",
    "eccentricity",
    "eccentricity_head",
    "missing_hydrogens",
    "stei",
    "stei_head",
    "stei_min_head",
    "tsei",
]
