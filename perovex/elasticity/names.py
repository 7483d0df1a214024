"""Names of the moduli that labels, models and screens are about."""

from __future__ import annotations

from typing import Final

#: Young's moduli in the plane of the sheets and along their normal.
BY_DIRECTION: Final = ("E_in_plane", "E_out_of_plane")
#: The same and that of the Voigt-Reuss-Hill averages.
YOUNGS_MODULI: Final = (*BY_DIRECTION, "E_vrh")
