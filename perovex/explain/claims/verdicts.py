"""Verdicts on claims, by criteria that were fixed beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perovex._json import json_safe
from perovex.explain.claims.criteria import criterion
from perovex.explain.claims.evidence import Evidence
from perovex.explain.claims.finding import Finding, Lack, Word
from perovex.explain.claims.words import verdict_reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perovex.explain.claims.claims import Claim, Claims


@dataclass(frozen=True)
class Verdict:
    """The verdict on one claim for one target and one choice of definitions.

    Attributes
    ----------
    id, claim : str
        The claim.
    target : str
        Target it was judged for.
    verdict : {"supported", "not supported", "undecided"}
        Outcome.
    reason : str
        Why, in words.
    criterion : str
        What was asked for, in words.
    evidence : dict
        Numbers the verdict rests on.
    source : str
        Where the claim was made.
    n_rows, n_groups : int
        Sample size.
    """

    id: str
    claim: str
    target: str
    verdict: Word
    reason: str
    criterion: str
    evidence: dict[str, Any]
    n_rows: int
    n_groups: int
    source: str = ""

    @property
    def by_concept(self) -> dict[str, Word]:
        """Verdict of each concept by itself, such as the bridging angle and STEI; empty for criteria without any."""
        parts = {name: entry for name, entry in self.evidence.items() if isinstance(entry, dict)}
        return {name: entry["verdict"] for name, entry in parts.items() if "verdict" in entry}

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        out: dict[str, Any] = json_safe(dict(self.__dict__))
        return out

    def __str__(self) -> str:
        sample = f"{self.n_rows} crystals, {self.n_groups} groups"
        return f"{self.id}, {self.target}: {self.verdict} ({sample}): {self.reason}"


def judge(claims: Claims, evidence: Evidence | Sequence[Evidence]) -> list[Verdict]:
    """Judge every claim on every piece of evidence.

    Parameters
    ----------
    claims : Claims
        From `load_claims`.
    evidence : Evidence or sequence of Evidence
        From `perovex.explain.collect`; one per target.

    Returns
    -------
    list of Verdict
        One per claim and target that it is about.
    """
    items = [evidence] if isinstance(evidence, Evidence) else list(evidence)
    return [_verdict(claims, claim, item) for claim in claims.claims for item in items if claim.about(item.target)]


def _verdict(claims: Claims, claim: Claim, evidence: Evidence) -> Verdict:
    finding = _judge(claims, claim, evidence)
    numbers = dict(finding.numbers)
    if evidence.skill is not None:
        numbers["skill"] = evidence.skill.to_dict()
    return Verdict(
        claim.id,
        claim.claim,
        evidence.target,
        finding.verdict,
        verdict_reason(claim.criterion, claim.parameters, finding, evidence),
        claim.criterion_text,
        numbers,
        evidence.n_rows,
        evidence.n_groups,
        claim.source,
    )


def _judge(claims: Claims, claim: Claim, evidence: Evidence) -> Finding:
    rule = criterion(claim.criterion)
    lacks = _lacks(claims.requirements, evidence, models=rule.needs_skill)
    if lacks:
        return Finding("undecided", lacks=lacks)
    return rule.judge(evidence, claim.parameters)


def _lacks(requirements: Mapping[str, int], evidence: Evidence, *, models: bool) -> tuple[Lack, ...]:
    """Return what the evidence lacks for any verdict."""
    sizes = [
        Lack("count", ("crystals",), evidence.n_rows, requirements.get("min_rows", 0)),
        Lack("count", ("groups",), evidence.n_groups, requirements.get("min_groups", 0)),
    ]
    few = tuple(size for size in sizes if size.have < size.required)
    if few or not models:
        return few
    if evidence.explained is None or evidence.skill is None:
        return (Lack("explanation"),)
    problem = evidence.explanation.problem
    if problem.classifier:
        minority = int(problem.y.value_counts().min())
        required = requirements.get("min_minority", 0)
        if minority < required:
            return (Lack("count", ("crystals in the smaller class",), minority, required),)
    return () if evidence.skill.above_chance else (Lack("skill"),)
