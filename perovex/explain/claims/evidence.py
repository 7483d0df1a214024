"""Evidence that claims are judged on: one target, one choice of definitions, one sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.errors import ExplanationError, PerovexError
from perovex.explain.attribution.held_out import explain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from perovex.explain.attribution.explanation import Explanation
    from perovex.explain.claims.claims import Claims
    from perovex.explain.importance.ranking import Ranking
    from perovex.explain.transfer.result import TransferResult


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was measured for one target and one variant of the table.

    Attributes
    ----------
    target : str
        Name of the target.
    n_rows, n_groups : int
        Sample size.
    found : Explanation or None
        None where the data do not allow one.
    transfer : TransferResult or None
        None where none was made.
    variant : dict of str to str
        Placeholder -> descriptor, such as ``{"stei": "stei_head"}``.
    stands_for : dict of str to list of str
        Placeholder -> descriptors that are read for it; more than one where they order all crystals alike.
    reason : str
        Why there is no explanation.
    note : str
        What a reader should know (for example that two variants coincide in this sample).
    """

    target: str
    n_rows: int
    n_groups: int
    found: Explanation | None
    transfer: TransferResult | None = None
    variant: dict[str, str] = field(default_factory=dict)
    stands_for: dict[str, list[str]] = field(default_factory=dict)
    reason: str = ""
    note: str = ""

    @property
    def explanation(self) -> Explanation:
        """The explanation.

        Raises
        ------
        ExplanationError
            If the data did not allow one.
        """
        if self.found is None:
            raise ExplanationError(self.reason or "nothing was explained")
        return self.found

    @property
    def ranking(self) -> Ranking:
        """Ranking of the explanation."""
        return self.explanation.ranking


def collect(  # noqa: PLR0913 -- everything a verdict rests on
    estimator: Any,
    X: pd.DataFrame,
    y: ArrayLike,
    groups: ArrayLike,
    *,
    target: str,
    claims: Claims | None = None,
    explanation: Explanation | None = None,
    transfer: TransferResult | None = None,
    random_state: int = 0,
    progress: bool = False,
    **rank_options: Any,
) -> list[Evidence]:
    """Measure what the claims need, once per choice of definitions.

    Parameters
    ----------
    estimator : object
        scikit-learn estimator with a tree model inside.
    X, y, groups
        Table, target and groups, as for `explain`.
    target : str
        Name of the target.
    claims : Claims, optional
        Whose variants to measure; the shipped ones by default.
    explanation : Explanation, optional
        Explanation of the full table, reused where no variant needs a table of its own.
    transfer : TransferResult, optional
        Transfer test of the same target.
    random_state : int
        Seed.
    progress : bool
        Show bars on stderr.
    **rank_options
        Passed to `perovex.explain.rank`.

    Returns
    -------
    list of Evidence
        One per variant. Where all variants order the crystals alike, trees cannot tell them apart: they are
        read together from one explanation of the full table, and the evidence says so.
    """
    from perovex.explain.claims.claims import load_claims

    claims = claims or load_claims()
    shown = claims.variants(X.columns) or [({}, [])]
    alike = len(shown) > 1 and all(_same_order(X, shown[0][0], choice) for choice, _ in shown[1:])
    joint = {k: [choice[k] for choice, _ in shown] for k in shown[0][0]} if alike else {}
    out: list[Evidence] = []
    kept: Explanation | None = explanation
    for choice, dropped in shown:
        stands_for = joint or {k: [v] for k, v in choice.items()}
        note = _note(joint) if alike else ""
        table = X if alike else X.drop(columns=dropped)
        reusable = kept is not None and list(kept.X.columns) == list(table.columns)
        try:
            found = (
                kept if reusable else explain(estimator, table, y, groups, random_state=random_state, progress=progress)
            )
            if found is None:
                continue
            # A ranking that is there must not be lost; one of models without skill would not be read.
            if "ranking" not in found._cache and found.skill.above_chance:  # noqa: SLF001
                found.rank(progress=progress, **({"drop": "none", "n_permutations": 0} | rank_options))
            kept = found if alike else explanation
        except PerovexError as error:
            n = len(X) if groups is None else len(pd.unique(np.asarray(groups)))
            out.append(Evidence(target, len(X), n, None, transfer, choice, stands_for, error.cause, note))
            continue
        out.append(Evidence(target, found.n_rows, found.n_groups, found, transfer, choice, stands_for, "", note))
    return out


def _same_order(X: pd.DataFrame, first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    """Whether two choices order all crystals alike, so that trees cannot tell them apart."""
    pairs = [(first[k], second[k]) for k in first if first[k] != second[k]]
    return all(_monotone_twins(X, a, b) for a, b in pairs)


def _monotone_twins(X: pd.DataFrame, first: str, second: str) -> bool:
    if first not in X or second not in X or not X[first].isna().equals(X[second].isna()):
        return False
    return bool((X[first].rank() == X[second].rank())[X[first].notna()].all())


def _note(joint: Mapping[str, list[str]]) -> str:
    parts = [f"{' and '.join(names)} order these crystals alike and are judged together" for names in joint.values()]
    return "; ".join(parts)
