"""How good the labels of the bundled data are: against references, second potentials and themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perovex.datasets.quality.audit import Audit, audit
from perovex.datasets.quality.references import validate_labels_against_references
from perovex.datasets.quality.soft_modes import soft_mode_table

if TYPE_CHECKING:
    import pandas as pd

    from perovex.datasets import ElasticData
    from perovex.datasets.quality.references import LabelValidation


@dataclass(frozen=True)
class LabelFindings:
    """What is known of the errors of labels.

    Attributes
    ----------
    truth : LabelValidation
        Against first principles, experiment, mirror images and published trends.
    audit : Audit
        Outliers, duplicates, changes on relaxing, second potentials.
    soft_modes : DataFrame
        How much of every label hangs on its softest modes (`perovex.datasets.soft_mode_table`).
    """

    truth: LabelValidation
    audit: Audit
    soft_modes: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary."""
        return {**self.truth.to_dict(), "soft_modes": self.soft_modes.to_dict(orient="index")}


def judge_labels(data: ElasticData) -> LabelFindings:
    """Check the labels of a release of elastic tensors."""
    relaxed = data.relaxed()
    return LabelFindings(validate_labels_against_references(relaxed), audit(relaxed), soft_mode_table(relaxed))
