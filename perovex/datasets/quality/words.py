"""What checks of labels find, in words: trends of the literature, and tables with words beside their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from perovex.datasets.quality.trends import HALIDE_ORDERS, LONGER_IS_SOFTER, SOFTER_THAN_3D, stiffer_halide
from perovex.elasticity.labels.words import CAUSE_WORDS
from perovex.elasticity.names import BY_DIRECTION

if TYPE_CHECKING:
    import pandas as pd

#: Trends of the literature by their keys.
TREND_WORDS: Final = {
    SOFTER_THAN_3D: "a layered crystal is softer out of plane than the 3D networks of its metal and halide",
    LONGER_IS_SOFTER: "a longer linear alkyl chain is softer out of plane, same halide and n",
} | {
    stiffer_halide(stiffer, softer, modulus): f"{stiffer} is stiffer than {softer} in {modulus}, same spacer and n"
    for modulus in BY_DIRECTION
    for stiffer, softer in HALIDE_ORDERS
}


def trends_in_words(trends: pd.DataFrame) -> pd.DataFrame:
    """Return the table of trends with each in words beside its key.

    Parameters
    ----------
    trends : DataFrame
        Of `perovex.datasets.quality.trends.trends`.

    Returns
    -------
    DataFrame
        The same with a last column ``statement``.
    """
    return trends.assign(statement=trends["trend"].map(TREND_WORDS))


def rejections_in_words(rejections: pd.DataFrame) -> pd.DataFrame:
    """Return the table of causes of rejections with each in words beside its key.

    Parameters
    ----------
    rejections : DataFrame
        Of `perovex.datasets.quality.audit.Audit`.

    Returns
    -------
    DataFrame
        The same with a last column ``reason``.
    """
    return rejections.assign(reason=rejections.index.map(CAUSE_WORDS))
