"""Claims from a file, judged on evidence by criteria fixed beforehand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml

from perovex._json import json_safe
from perovex.errors import ClaimError
from perovex.explain.claims.criteria import Finding, Word, criterion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perovex.explain.claims.evidence import Evidence

SHIPPED = Path(__file__).with_name("claims.yaml")


@dataclass(frozen=True)
class Claim:
    """One claim and how it is judged.

    Attributes
    ----------
    id : str
        Short name.
    claim : str
        The claim in words.
    criterion : str
        Name of the criterion.
    parameters : dict
        Its parameters.
    measured : str
        How often the criterion is right and wrong on made targets; empty where nobody has measured it.
    """

    id: str
    claim: str
    criterion: str
    parameters: dict[str, Any]
    measured: str = ""

    @property
    def criterion_text(self) -> str:
        """The criterion in words, with its parameters and how often it is right."""
        concepts = self.parameters.get("concepts", {})
        listed = "; ".join(f"{name}: {', '.join(found)}" for name, found in concepts.items())
        text = criterion(self.criterion).text.format(**self.parameters)
        text = f"{text} Concepts: {listed}." if listed else text
        return f"{text} {self.measured}" if self.measured else text

    @property
    def placeholders(self) -> set[str]:
        """Variants the claim depends on."""
        text = json.dumps(self.parameters)
        return {part.split("}")[0] for part in text.split('"{')[1:]} if '"{' in text else set()


@dataclass(frozen=True)
class Claims:
    """A table of claims with what any verdict needs.

    Attributes
    ----------
    claims : tuple of Claim
        The claims.
    requirements : dict
        ``min_rows``, ``min_groups``, ``min_minority``.
    choices : dict
        Placeholder -> descriptor -> descriptors left out when it is chosen.
    """

    claims: tuple[Claim, ...]
    requirements: dict[str, int]
    choices: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def variants(self, columns: pd.Index) -> list[tuple[dict[str, str], list[str]]]:
        """Choices that a table allows, each with the columns to leave out."""
        options = [[(key, name) for name in names if name in columns] for key, names in self.choices.items()]
        options = [o for o in options if o]
        out = []
        for combination in product(*options) if options else []:
            dropped = [d for key, name in combination for d in self.choices[key][name] if d in columns]
            out.append((dict(combination), dropped))
        return out

    def to_frame(self) -> pd.DataFrame:
        """Return claims and criteria as a table."""
        return pd.DataFrame(
            [{"id": c.id, "claim": c.claim, "criterion": c.criterion_text} for c in self.claims]
        ).set_index("id")


@dataclass(frozen=True)
class Verdict:
    """The verdict on one claim for one target and one choice of definitions.

    Attributes
    ----------
    id, claim : str
        The claim.
    target : str
        Target it was judged for.
    variant : dict
        Choice of definitions.
    verdict : {"supported", "not supported", "undecided"}
        Outcome.
    reason : str
        Why, in words.
    criterion : str
        What was asked for, in words.
    evidence : dict
        Numbers the verdict rests on.
    n_rows, n_groups : int
        Sample size.
    """

    id: str
    claim: str
    target: str
    variant: dict[str, str]
    verdict: Word
    reason: str
    criterion: str
    evidence: dict[str, Any]
    n_rows: int
    n_groups: int

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        out: dict[str, Any] = json_safe(dict(self.__dict__))
        return out

    def __str__(self) -> str:
        variant = f" [{', '.join(self.variant.values())}]" if self.variant else ""
        return (
            f"{self.id}, {self.target}{variant}: {self.verdict} "
            f"({self.n_rows} crystals, {self.n_groups} groups): "
            f"{self.reason}"
        )


def load_claims(path: str | Path | None = None) -> Claims:
    """Read claims from YAML.

    Parameters
    ----------
    path : path-like, optional
        File; the shipped claims by default.

    Returns
    -------
    Claims
        Checked claims.

    Raises
    ------
    ClaimError
        If the file is missing or cannot be understood.

    Examples
    --------
    >>> [claim.id for claim in load_claims().claims]
    ['dominant-descriptors', 'inverse-with-non-stiffness', 'octahedral-deformation', 'single-to-multilayer']
    """
    source = Path(path) if path is not None else SHIPPED
    try:
        raw = yaml.safe_load(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise ClaimError("cannot be read", remedy="give an existing YAML file", source=source) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ClaimError(f"is not YAML: {error}", source=source) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("claims"), list):
        raise ClaimError("has no list `claims`", remedy=f"see {SHIPPED.name} for the form", source=source)
    try:
        claims = tuple(_claim(entry) for entry in raw["claims"])
        requirements = {str(k): int(v) for k, v in (raw.get("requirements") or {}).items()}
        choices = {
            str(key): {str(name): [str(d) for d in (how or {}).get("instead_of", [])] for name, how in names.items()}
            for key, names in (raw.get("variants") or {}).items()
        }
    except ClaimError as error:
        raise error.at(source) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise ClaimError(f"has a value of the wrong kind: {error}", source=source) from error
    repeated = {c.id for c in claims if [d.id for d in claims].count(c.id) > 1}
    if repeated:
        raise ClaimError(f"claims occur twice: {', '.join(sorted(repeated))}", source=source)
    return Claims(claims, requirements, choices)


def _claim(entry: Any) -> Claim:
    if not isinstance(entry, dict):
        raise ClaimError(f"claim {entry!r} is not a mapping")
    absent = [key for key in ("id", "claim", "criterion", "parameters") if key not in entry]
    if absent:
        raise ClaimError(f"claim {entry.get('id', '?')!r} lacks {', '.join(absent)}")
    parameters = entry["parameters"]
    lacking = [key for key in criterion(entry["criterion"]).needs if key not in (parameters or {})]
    if lacking:
        raise ClaimError(f"claim {entry['id']!r}: criterion {entry['criterion']!r} needs {', '.join(lacking)}")
    measured = " ".join(str(entry.get("measured") or "").split())
    claim = Claim(str(entry["id"]), str(entry["claim"]), str(entry["criterion"]), dict(parameters), measured)
    try:
        _ = claim.criterion_text
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClaimError(f"claim {claim.id!r} has a parameter of the wrong kind: {error}") from error
    return claim


def judge(claims: Claims, evidence: Sequence[Evidence]) -> list[Verdict]:
    """Judge every claim on every piece of evidence.

    Parameters
    ----------
    claims : Claims
        From `load_claims`.
    evidence : sequence of Evidence
        From `perovex.explain.collect`; one per target and variant.

    Returns
    -------
    list of Verdict
        Claims without variants are judged once per target.
    """
    out, seen = [], set()
    for claim in claims.claims:
        for item in evidence:
            variant = {k: v for k, v in item.variant.items() if k in claim.placeholders}
            key = (claim.id, item.target, tuple(sorted(variant.items())))
            if key in seen:
                continue
            seen.add(key)
            finding = _judge(claims, claim, item)
            numbers = dict(finding.numbers)
            if item.found is not None:
                numbers["skill"] = item.explanation.skill.to_dict()
            if item.note and variant:
                numbers["note"] = item.note
            out.append(
                Verdict(
                    claim.id,
                    claim.claim,
                    item.target,
                    variant,
                    finding.verdict,
                    finding.reason,
                    claim.criterion_text,
                    numbers,
                    item.n_rows,
                    item.n_groups,
                )
            )
    return out


def _judge(claims: Claims, claim: Claim, evidence: Evidence) -> Finding:
    rule = criterion(claim.criterion)
    reason = _short_of(claims.requirements, evidence, models=rule.needs_skill)
    if reason:
        return Finding("undecided", reason)
    parameters = _resolved(claim.parameters, evidence.stands_for)
    return rule.judge(evidence, parameters)


def _short_of(requirements: Mapping[str, int], evidence: Evidence, *, models: bool) -> str:
    """Return what the evidence lacks for any verdict, in words."""
    short = [
        f"{have} {words}, {requirements[key]} are required"
        for key, have, words in (
            ("min_rows", evidence.n_rows, "crystals"),
            ("min_groups", evidence.n_groups, "groups"),
        )
        if have < requirements.get(key, 0)
    ]
    if short or not models:
        return "; ".join(short)
    if evidence.found is None:
        return f"nothing could be explained: {evidence.reason}"
    problem = evidence.explanation.problem
    if problem.classifier:
        minority = int(problem.y.value_counts().min())
        if minority < requirements.get("min_minority", 0):
            return f"{minority} crystals in the smaller class, {requirements['min_minority']} are required"
    found = evidence.explanation.skill
    return "" if found.above_chance else f"the models do not predict unseen groups: {found.sentence()}"


def _resolved(parameters: Mapping[str, Any], stands_for: Mapping[str, list[str]]) -> dict[str, Any]:
    """Put the chosen descriptors in place of ``"{placeholder}"``."""
    if "concepts" not in parameters:
        return dict(parameters)
    concepts = {}
    for name, patterns in parameters["concepts"].items():
        found: list[str] = []
        for pattern in patterns:
            key = str(pattern)[1:-1] if str(pattern).startswith("{") and str(pattern).endswith("}") else None
            found += stands_for.get(key, []) if key else [str(pattern)]
        concepts[name] = found
    return {**parameters, "concepts": concepts}
