"""Trends of the literature, in words."""

from __future__ import annotations

SOFTER_THAN_3D = "a layered crystal is softer out of plane than the 3D networks of its metal and halide"
LONGER_IS_SOFTER = "a longer linear alkyl chain is softer out of plane, same halide and n"


def stiffer_halide(stiffer: str, softer: str, modulus: str) -> str:
    """Return the trend that crystals of one halide are stiffer than those of another.

    Parameters
    ----------
    stiffer, softer : str
        Halides.
    modulus : str

    Examples
    --------
    >>> stiffer_halide("Cl", "Br", "E_in_plane")
    'Cl is stiffer than Br in E_in_plane, same spacer and n'
    """
    return f"{stiffer} is stiffer than {softer} in {modulus}, same spacer and n"
