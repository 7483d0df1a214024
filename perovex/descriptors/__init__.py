"""Numbers from a perceived crystal: one registry, one function, one scikit-learn transformer.

Descriptors come in families: octahedra, bridges, tilts, layers, hydrogen bonds, cation and composition.
`REGISTRY` says what each one is, `describe` computes them for one crystal and `HOIPFeaturizer` for many. A
value that is not defined for a crystal is NaN.
"""

from typing import TYPE_CHECKING

from perovex._later import import_later
from perovex.descriptors.batch import Described, describe_each
from perovex.descriptors.describing import describe, missing_hydrogens
from perovex.descriptors.registry import FAMILIES, REGISTRY, Descriptor, Registry
from perovex.descriptors.topology import eccentricity, eccentricity_head, stei, stei_head, stei_min_head, tsei

if TYPE_CHECKING:
    from perovex.descriptors.featurizer import HOIPFeaturizer

__all__ = [
    "FAMILIES",
    "REGISTRY",
    "Described",
    "Descriptor",
    "HOIPFeaturizer",
    "Registry",
    "describe",
    "describe_each",
    "eccentricity",
    "eccentricity_head",
    "missing_hydrogens",
    "stei",
    "stei_head",
    "stei_min_head",
    "tsei",
]


# scikit-learn takes a second to import, which `describe` does not need
__getattr__ = import_later(__name__, {"HOIPFeaturizer": "featurizer"})
