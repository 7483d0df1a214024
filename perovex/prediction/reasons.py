"""What is known of why one crystal is predicted as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perovex._json import json_safe
from perovex.explain.attribution.view import table_html

if TYPE_CHECKING:
    import pandas as pd

    from perovex.crystal import LayeredPerovskite
    from perovex.explain import Counterfactual


@dataclass(frozen=True, eq=False)
class Reasons:
    """Why one crystal is predicted as it is.

    Attributes
    ----------
    crystal : str
        Name.
    target : str
        What is explained.
    prediction, expected : float
        In the unit of the target: of this crystal, and typical of the training crystals (where contributions start).
    scale : {"ln(target)", "target"}
        What contributions add up to: the logarithm of the target, or the target itself.
    contributions : DataFrame
        Index: descriptors. ``value``, ``contribution`` (in `scale`), ``group``; largest groups first.
    groups : DataFrame
        Index: the descriptor that leads each group of correlated ones. ``contribution`` (sum), ``members`` (how many),
        ``value`` of the leader, and ``percent`` (change of the target; NaN on the plain scale).
    neighbours : DataFrame
        Index: nearest known crystals. ``distance`` (standard deviations), labels of all targets, ``differences``.
    change : Counterfactual or None
        Smallest change that carries the prediction across the threshold; None where there is no threshold.
    additivity_error : float
        What contributions miss of the output, in `scale`.
    sampling_error : float
        Largest standard error of a contribution that was sampled; 0 where all are exact.
    n_builds : int
        Crystals over which contributions were averaged.
    perceived : LayeredPerovskite or None
        The crystal itself, the first one of several builds.
    """

    crystal: str
    target: str
    prediction: float
    expected: float
    scale: str
    contributions: pd.DataFrame = field(repr=False)
    groups: pd.DataFrame = field(repr=False)
    neighbours: pd.DataFrame = field(repr=False)
    change: Counterfactual | None = field(repr=False)
    additivity_error: float
    sampling_error: float
    n_builds: int = 1
    perceived: LayeredPerovskite | None = field(default=None, repr=False)

    def sentences(self, n: int = 5) -> list[str]:
        """Return the reasons in words, one sentence each.

        Parameters
        ----------
        n : int
            Groups of descriptors to name.
        """
        from perovex.prediction.reason_words import reasons_in_words

        return reasons_in_words(self, n)

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        content: dict[str, Any] = json_safe(
            {
                "crystal": self.crystal,
                "target": self.target,
                "prediction": self.prediction,
                "expected": self.expected,
                "scale": self.scale,
                "additivity_error": self.additivity_error,
                "sampling_error": self.sampling_error,
                "n_builds": self.n_builds,
                "sentences": self.sentences(),
                "groups": self.groups.to_dict(orient="index"),
                "contributions": self.contributions.to_dict(orient="index"),
                "neighbours": self.neighbours.to_dict(orient="index"),
                "change": None if self.change is None else self.change.to_dict(),
            }
        )
        return content

    def to_frame(self) -> pd.DataFrame:
        """Return the contributions, descriptor by descriptor."""
        return self.contributions

    def __repr__(self) -> str:
        return f"<Reasons of {self.crystal}: {self.target} = {self.prediction:.3g}>"

    def _repr_html_(self) -> str:
        caption = " ".join(self.sentences())
        return table_html(self.groups, caption) + table_html(self.neighbours, "Nearest known crystals")
