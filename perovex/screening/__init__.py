"""From molecules to compounds worth making: will it form, how stiff is it, what should be labelled next."""

from perovex.screening.cations import Cation, read_cation
from perovex.screening.chunks import Question
from perovex.screening.formability import Formability, judge
from perovex.screening.goals import Goal
from perovex.screening.labelling import LabelOptions, label_hits
from perovex.screening.library import enumerate_cations, load_library, select
from perovex.screening.model import fit_molecule_models, molecule_models
from perovex.screening.options import Options
from perovex.screening.reading import read_spacers
from perovex.screening.rungs import Rung, rung_of
from perovex.screening.screen import Screen, screen
from perovex.screening.suggesting import suggest

__all__ = [
    "Cation",
    "Formability",
    "Goal",
    "LabelOptions",
    "Options",
    "Question",
    "Rung",
    "Screen",
    "enumerate_cations",
    "fit_molecule_models",
    "judge",
    "label_hits",
    "load_library",
    "molecule_models",
    "read_cation",
    "read_spacers",
    "rung_of",
    "screen",
    "select",
    "suggest",
]
