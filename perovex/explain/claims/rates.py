"""How often a criterion was right and wrong on made targets, as measured by `benchmarks/verdicts.py`.

The file holds counts. They stand beside a claim only while its criterion and parameters are those that were measured.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).with_name("rates.json")


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
