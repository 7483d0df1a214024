"""How good the labels of the bundled data are: against references, second potentials and themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perovex.datasets.quality.audit import Audit, audit
from perovex.datasets.quality.references import validate_labels_against_references

if TYPE_CHECKING:
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
    """

    truth: LabelValidation
    audit: Audit

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary."""
        return dict(self.truth.to_dict())


def judge_labels(data: ElasticData) -> LabelFindings:
    """Check the labels of a release of elastic tensors."""
    relaxed = data.relaxed()
    return LabelFindings(validate_labels_against_references(relaxed), audit(relaxed))
