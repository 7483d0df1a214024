"""Output on any console: signs that it cannot show are replaced, and a closed pipe is no error."""

from __future__ import annotations

import codecs
import io
import os
import sys
import unicodedata

_REPLACEMENTS = {
    "–": "-", "—": "-", "−": "-", "·": "*", "×": "x", "≥": ">=", "≤": "<=", "≈": "~", "±": "+/-", "→": "->",
    "°": " deg", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "•": "*", "✓": "ok", "✗": "x",
    "α": "alpha", "β": "beta", "γ": "gamma", "σ": "sigma", "λ": "lambda", "Δ": "Delta", "ρ": "rho", "θ": "theta",
    "κ": "kappa", "μ": "mu", "ν": "nu", "ζ": "zeta", "χ": "chi", "η": "eta", "ω": "omega", "φ": "phi", "π": "pi",
}  # fmt: skip


def replaced(sign: str) -> str:
    """Return ASCII letters that stand for a sign: Å becomes A, ² becomes 2, lines of boxes become - | +.

    Examples
    --------
    >>> [replaced(sign) for sign in "Å²→│━╭█☃"]
    ['A', '2', '->', '|', '-', '+', '#', '?']
    """
    if sign in _REPLACEMENTS:
        return _REPLACEMENTS[sign]
    plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return plain or _drawn(unicodedata.name(sign, ""))


def _drawn(name: str) -> str:
    """Replace a piece of a box or a bar, given the name of the sign."""
    if name.startswith("BOX DRAWINGS"):
        straight = name.removeprefix("BOX DRAWINGS").split()
        if "AND" in straight:  # a corner or a crossing
            return "+"
        return "|" if straight[-1] == "VERTICAL" else "-"
    return "#" if "BLOCK" in name else "?"


def _handler(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(replaced, error.object[error.start : error.end])), error.end


def prepare_streams() -> None:
    """Let stdout and stderr replace what their encoding lacks."""
    codecs.register_error("perovex", _handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="perovex")


def drop_output() -> None:
    """Send what is still to be printed nowhere: the reader of the pipe is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
