"""Claims from a file, each with the criterion it is judged by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from perovex.errors import ClaimError
from perovex.explain.claims.criteria import criterion
from perovex.explain.claims.rates import fingerprint, measured_rates
from perovex.explain.claims.words import rates_sentence

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
    source : str
        Where the claim was made, a DOI or what stands in its place; empty where it is one of this project.
    targets : tuple of str
        Targets it is about; all where empty.
    set_on : str
        Date of the criterion and its numbers, ISO.
    """

    id: str
    claim: str
    criterion: str
    parameters: dict[str, Any]
    source: str = ""
    targets: tuple[str, ...] = ()
    set_on: str = ""

    @property
    def fingerprint(self) -> str:
        """What changes with the criterion or its parameters."""
        return fingerprint(self.criterion, criterion(self.criterion).text, self.parameters)

    @property
    def measured(self) -> str:
        """How often the criterion was right and wrong on made targets; empty where nobody has measured this rule."""
        known = measured_rates().get("claims", {}).get(self.id, {})
        return rates_sentence(known["rates"]) if known.get("rule") == self.fingerprint else ""

    def about(self, target: str) -> bool:
        """Whether the claim is about a target."""
        return not self.targets or target in self.targets

    @property
    def criterion_text(self) -> str:
        """The criterion in words, with its parameters, when it was set, and how often it is right."""
        concepts = self.parameters.get("concepts", {})
        listed = "; ".join(f"{name}: {', '.join(members)}" for name, members in concepts.items())
        text = criterion(self.criterion).text.format(**self.parameters)
        parts = [text]
        if listed:
            parts.append(f"Concepts: {listed}.")
        if self.set_on:
            parts.append(f"Set on {self.set_on}.")
        if self.measured:
            parts.append(self.measured)
        return " ".join(parts)


@dataclass(frozen=True)
class Claims:
    """A table of claims with what any verdict needs.

    Attributes
    ----------
    claims : tuple of Claim
        The claims.
    requirements : dict
        ``min_rows``, ``min_groups``, ``min_minority``.
    """

    claims: tuple[Claim, ...]
    requirements: dict[str, int]

    def to_frame(self) -> pd.DataFrame:
        """Return claims and criteria as a table."""
        return pd.DataFrame(
            [{"id": c.id, "claim": c.claim, "source": c.source, "criterion": c.criterion_text} for c in self.claims]
        ).set_index("id")


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
    >>> [claim.id for claim in load_claims().claims][:3]
    ['dominant-descriptors', 'inverse-with-non-stiffness', 'smallest-angle']
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
    except ClaimError as error:
        raise error.at(source) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise ClaimError(f"has a value of the wrong kind: {error}", source=source) from error
    occurrences = Counter(claim.id for claim in claims)
    repeated = [name for name, count in occurrences.items() if count > 1]
    if repeated:
        raise ClaimError(f"claims occur twice: {', '.join(sorted(repeated))}", source=source)
    return Claims(claims, requirements)


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
    claim = Claim(
        str(entry["id"]),
        str(entry["claim"]),
        str(entry["criterion"]),
        dict(parameters),
        source=str(entry.get("source") or ""),
        targets=tuple(map(str, entry.get("targets") or ())),
        set_on=str(entry.get("set_on") or ""),
    )
    try:
        _ = claim.criterion_text
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClaimError(f"claim {claim.id!r} has a parameter of the wrong kind: {error}") from error
    return claim
