"""Whether descriptor and modulus go together where rivals are equal; no model takes part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from perovex.explain.claims.finding import Criterion, Finding, members, side, together, undecided

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.explain.claims.evidence import Evidence


def judge_beyond(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether descriptors go with the target in one direction where all strata are equal."""
    table = evidence.associations
    if table is None or not (table["kind"] == "partial").any():
        return undecided("associations")
    direction = float(parameters["direction"])
    numbers: dict[str, dict[str, Any]] = {}
    for name, patterns in parameters["concepts"].items():
        descriptors = members(patterns, pd.Index(table["descriptor"].unique()))
        if not descriptors:
            return undecided("measured descriptors", name)
        of_concept = table[table["descriptor"].isin(descriptors)]
        # the last partial view of a descriptor has all strata held equal
        last = of_concept[of_concept["kind"] == "partial"].groupby("descriptor", sort=False).tail(1)
        rows: list[dict[str, Any]] = [dict(row) for _, row in last.iterrows()]
        if not rows:
            return undecided("strata", name)
        signs = {row["descriptor"]: row | {"verdict": side([row], direction)} for row in rows}
        numbers[name] = {
            "verdict": side(rows, direction),
            "descriptors": signs,
            "views": of_concept.drop(columns="sign").to_dict(orient="records"),
        }
    return Finding(together([entry["verdict"] for entry in numbers.values()]), numbers)


BEYOND = Criterion(
    "The 95 % interval over spacers of the rank correlation with the modulus, all strata (halide, n, source) but what "
    "the descriptor itself counts held equal, lies on the claimed side of zero (direction {direction:+d}) for one "
    "descriptor of each concept and on the other side for none. Not supported the other way round. What a descriptor "
    "does through packing counts: that is how it acts, not a rival.",
    judge_beyond,
    needs_skill=False,
    needs=("concepts", "direction"),
)
