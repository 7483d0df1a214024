"""Okabe and Ito's colours, which people with any common colour blindness tell apart, and two greys."""

from __future__ import annotations

from typing import Final

PALETTE: Final = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermillion": "#D55E00",
    "sky": "#56B4E9",
    "purple": "#CC79A7",
    "yellow": "#F0E442",
    "black": "#000000",
    "grey": "#767676",
}
#: For what matters least in a drawing; text in it would be hard to read.
LIGHT_GREY: Final = "#999999"
