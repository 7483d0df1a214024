"""Loaders and schema of the project's own data: relaxed crystals, elastic tensors, spacers, literature."""

from perovex._bundled import data_root
from perovex.datasets.collect import collect
from perovex.datasets.elastic import ElasticData, load_elastic
from perovex.datasets.first_principles import FirstPrinciplesData, load_first_principles
from perovex.datasets.literature import load_literature
from perovex.datasets.quality.audit import Audit, audit
from perovex.datasets.quality.soft_modes import soft_mode_table
from perovex.datasets.schema import MODULI, describe_columns
from perovex.datasets.spacers import load_spacers, spacer_abbreviation

__all__ = [
    "MODULI",
    "Audit",
    "ElasticData",
    "FirstPrinciplesData",
    "audit",
    "collect",
    "data_root",
    "describe_columns",
    "load_elastic",
    "load_first_principles",
    "load_literature",
    "load_spacers",
    "soft_mode_table",
    "spacer_abbreviation",
]
