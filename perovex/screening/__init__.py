"""From molecules to compounds worth making: will it form, how stiff is it, what should be labelled next."""

from perovex.screening.model import fit_molecule_models, molecule_models
from perovex.screening.rungs import Rung, rung_of

__all__ = ["Rung", "fit_molecule_models", "molecule_models", "rung_of"]
