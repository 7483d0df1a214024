"""Below the mean: one row per octahedron, bridge, sheet, slab or cation, with indices into the structure."""

from perovex.descriptors.items.glazer import GlazerSymbol, glazer_symbol
from perovex.descriptors.items.tables import ITEMS, describe_items

__all__ = ["ITEMS", "GlazerSymbol", "describe_items", "glazer_symbol"]
