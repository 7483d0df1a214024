"""Ways to propose candidates, by name; a user may register more."""

from perovex.minima.strategies import borrowed, built, disturbed, given, rearranged
from perovex.minima.strategies.registry import DEFAULT_STRATEGIES, describe_strategies, register_strategy, strategy

__all__ = [
    "DEFAULT_STRATEGIES",
    "borrowed",
    "built",
    "describe_strategies",
    "disturbed",
    "given",
    "rearranged",
    "register_strategy",
    "strategy",
]
