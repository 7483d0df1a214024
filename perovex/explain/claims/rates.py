"""How often a criterion was right and wrong on made targets, as measured by `benchmarks/verdicts.py`.

The file holds counts. They stand beside a claim only while its criterion and parameters are those that were measured.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

MEASURED = Path(__file__).with_name("rates.json")
_BY = {"average": "the model that predicts", "ridge": "a linear model in its place"}


def fingerprint(criterion: str, text: str, parameters: dict[str, Any]) -> str:
    """Return what tells whether a rule is still the one that was measured.

    Parameters
    ----------
    criterion, text : str
        Name and wording of the criterion.
    parameters : dict
        Its parameters.

    Examples
    --------
    >>> fingerprint("sign", "a rule", {"direction": 1}) == fingerprint("sign", "a rule", {"direction": -1})
    False
    """
    rule = json.dumps([criterion, text, parameters], sort_keys=True)
    return hashlib.sha256(rule.encode()).hexdigest()[:16]


@cache
def measured_rates() -> dict[str, Any]:
    """Return the shipped counts; empty where nobody has measured any."""
    if not MEASURED.exists():
        return {}
    content: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return content


def sentence(rates: list[dict[str, Any]]) -> str:
    """Say the counts of one claim in words.

    Parameters
    ----------
    rates : list of dict
        ``model``, ``truth`` (``"false"`` or ``"true"``), ``text`` of the scenario, ``n``, ``supported``,
        ``not_supported``.

    Examples
    --------
    >>> sentence([{"model": "ridge", "truth": "true", "text": "a drives", "n": 9, "supported": 8, "not_supported": 0}])
    'On made targets, with a linear model in its place: true because a drives: supported 8 of 9, not supported 0.'
    """
    parts: list[str] = []
    for model, words in _BY.items():
        own = [row for row in rates if row["model"] == model]
        clauses = [*_where_false(own), *_where_true(own)]
        if clauses:
            parts.append(f"{'With' if parts else 'with'} {words}: {'; '.join(clauses)}")
    return f"On made targets, {'. '.join(parts)}." if parts else ""


def _where_false(rows: list[dict[str, Any]]) -> list[str]:
    """Wrong "supported", all scenarios together, and the worst of them."""
    false = [row for row in rows if row["truth"] == "false" and row["n"]]
    if not false:
        return []
    n, wrong = (sum(row[key] for row in false) for key in ("n", "supported"))
    limit = binomtest(wrong, n).proportion_ci(0.95, method="wilson").high
    text = f"where it is false, supported {wrong} of {n} (95 % limit {100 * limit:.0f} %)"
    worst = max(false, key=lambda row: row["supported"] / row["n"])
    if worst["supported"]:
        text += f", most where {worst['text']} ({worst['supported']} of {worst['n']})"
    return [text]


def _where_true(rows: list[dict[str, Any]]) -> list[str]:
    return [
        f"true because {row['text']}: supported {row['supported']} of {row['n']}, not supported {row['not_supported']}"
        for row in rows
        if row["truth"] == "true" and row["n"]
    ]
