"""What the abstract's descriptors do, in sentences that cannot be read as more or less than was measured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from perovex._numbers import with_interval
from perovex.explain.names import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What a reader has to know before the numbers.
HOW_TO_READ = (
    "Rank correlations with the modulus, 95 % intervals over spacers; a sign is told only where the interval leaves "
    "out zero. Pooled: over all crystals, whatever else differs between them. Given halide, n and source: among like "
    "crystals, the total effect, whatever it acts through. With packing, hydrogen bonds and slab fraction held equal "
    "as well: the direct effect. These three are consequences of angle and STEI, not rivals: an effect that vanishes "
    "there acts through them and is no less real. Between spacers: means over the spacers that occur with every "
    "halide. SHAP: which way the model that predicts uses the descriptor."
)
_KEY = re.compile(r"[a-z]+(?:_[a-z]+)+")
_POINTS = {"+": "stiffer where it is larger", "-": "softer where it is larger", "?": "no sign can be told"}


def association_sentences(table: pd.DataFrame, target: str, labels: Mapping[str, str] | None = None) -> list[str]:
    """Say sign and strength of every descriptor in words: pooled, among like crystals, through what, in the model.

    Parameters
    ----------
    table : DataFrame
        From `perovex.explain.associations`, of one target.
    target : str
        Name of the target.
    labels : mapping of str to str, optional
        Name per descriptor.

    Returns
    -------
    list of str
        One text per descriptor.

    Examples
    --------
    >>> row = {"descriptor": "stei_max", "n_rows": 90, "n_groups": 30}
    >>> pooled = {**row, "view": "pooled", "kind": "raw", "estimate": -0.3, "lower": -0.4, "upper": -0.2, "sign": "-"}
    >>> alike = {**pooled, "view": "given halide", "kind": "partial", "estimate": 0.3, "lower": 0.1, "sign": "+"}
    >>> association_sentences(pd.DataFrame([pooled, alike]), "E_vrh", {"stei_max": "STEI"})[0][:66]
    'STEI and E_vrh: pooled -0.30 [-0.40, -0.20], softer where it is la'
    """
    out = []
    for name, part in table.groupby("descriptor", sort=False):
        pooled, total = _one(part, "raw"), _one(part, "partial")
        direct, between, model = (_one(part, kind) for kind in ("direct", "between", "SHAP"))
        clauses = [_clause("pooled", pooled), _clause(_view(total), total), _clause(_view(between), between)]
        said = "; ".join(clause for clause in clauses if clause)
        text = f"{name_of(str(name), labels)} and {target}: {said}."
        if pooled is not None and total is not None and {pooled["sign"], total["sign"]} == {"+", "-"}:
            text += (
                " The sign turns over: the pooled one is that of what differs between groups of crystals, not of the "
                "descriptor."
            )
        text += _through(total, direct)
        if model is not None:
            text += f" The model that predicts: {_numbers(model)}, {_POINTS[model['sign']]}."
        out.append(text)
    return out


def association_matrix(table: pd.DataFrame, labels: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return views x descriptors, each cell the rank correlation with its interval.

    Parameters
    ----------
    table : DataFrame
        From `perovex.explain.associations`.
    labels : mapping of str to str, optional
        Name per descriptor.

    Returns
    -------
    DataFrame
        Index: views, in words; one column per descriptor.
    """
    cells = table.assign(cell=[_numbers(row) for _, row in table.iterrows()])
    wide = cells.pivot_table(index=["kind", "view"], columns="descriptor", values="cell", aggfunc="first", sort=False)
    order = [kind for kind in ("raw", "partial", "direct", "between", "SHAP") if kind in wide.index.get_level_values(0)]
    wide = pd.concat([wide.loc[[kind]] for kind in order])
    wide.index = pd.Index([_in_words(kind, view) for kind, view in wide.index], name="view")
    columns = [name for name in table["descriptor"].unique() if name in wide]
    return wide[columns].rename(columns={name: name_of(str(name), labels) for name in columns}).fillna("")


def plain_sentences(table: pd.DataFrame, labels: Mapping[str, str] | None = None) -> list[str]:
    """Say where the claimed descriptors rank in the plain model, over all crystals and inside each source.

    Parameters
    ----------
    table : DataFrame
        From `perovex.explain.plain_model`.
    labels : mapping of str to str, optional
        Name per descriptor.

    Returns
    -------
    list of str
        One sentence for every part and model.
    """
    out = []
    for (part, model), rows in table.groupby(["part", "model"], sort=False):
        first = rows.iloc[0]
        score = with_interval(float(first["auc"]), float(first["auc_lower"]), float(first["auc_upper"]))
        ranks = ", ".join(
            f"{name_of(row['descriptor'], labels)} ranks {row['rank']} ({100 * row['share']:.0f} %, sign "
            f"{row['sign']:+.2f})"
            for _, row in rows.iterrows()
        )
        where = "over all crystals" if part == "all" else f"within {part} alone"
        skill = "" if first["auc_lower"] > 0.5 else ", not distinguishable from guessing, so that ranks mean nothing"
        out.append(f"{model}, {where} ({first['n_rows']}): ROC-AUC {score}{skill}; {ranks}.")
    return out


def _one(part: pd.DataFrame, kind: str) -> pd.Series | None:
    """Pooled for raw ones; for all others the last, with most held equal."""
    own = part[part["kind"] == kind]
    if kind == "raw":
        own = own[own["view"] == "pooled"]
    return None if own.empty else own.iloc[-1]


def _view(row: pd.Series | None) -> str:
    return "" if row is None else _in_words(row["kind"], row["view"])


def _in_words(kind: str, view: str) -> str:
    """Return a view as it is said."""
    if kind == "between":
        return "between the spacers that occur with every halide"
    if kind == "SHAP":
        return "SHAP of the model that predicts"
    return _KEY.sub(lambda key: name_of(key[0]), view)


def _numbers(row: pd.Series) -> str:
    """Estimate, always with its sign, and interval."""
    text = with_interval(float(row["estimate"]), float(row["lower"]), float(row["upper"]))
    return text if text.startswith("-") else f"+{text}"


def _clause(view: str, row: pd.Series | None) -> str:
    return "" if row is None else f"{view} {_numbers(row)}, {_POINTS[row['sign']]}"


def _through(total: pd.Series | None, direct: pd.Series | None) -> str:
    """Say what is left of a total effect with its mediators held equal."""
    if total is None or direct is None or total["sign"] == "?":
        return ""
    if direct["sign"] == total["sign"]:
        return f" With packing, hydrogen bonds and slab fraction held equal {_numbers(direct)} is left: in part direct."
    left = f" With packing, hydrogen bonds and slab fraction held equal {_numbers(direct)} is left"
    if direct["sign"] == "?":
        return f"{left}: it acts through them, which makes it no less real."
    return f"{left}: what it does through them outweighs an opposite direct part."
