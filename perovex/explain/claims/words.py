"""What claims and their evidence come to, in sentences that cannot be read as more or less than was measured.

Criteria return numbers; all words that are made of them stand here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from scipy.stats import binomtest

from perovex._numbers import with_interval
from perovex._words import enumerated, joined
from perovex.explain.names import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.explain.claims.evidence import Evidence
    from perovex.explain.claims.finding import Finding, Lack
    from perovex.explain.names import Names

_BY = {"average": "the model that predicts", "ridge": "a linear model in its place"}
#: Kinds of associations in the order in which they are read.
_KINDS = ("raw", "partial", "direct", "between", "SHAP")
_POINTS = {"+": "stiffer where it is larger", "-": "softer where it is larger", "?": "no sign can be told"}


def how_to_read(many: str = "spacers") -> str:
    """Say what a reader has to know before the numbers of associations.

    Parameters
    ----------
    many : str
        What several groups of crystals are called.

    Returns
    -------
    str
        A paragraph.

    Examples
    --------
    >>> how_to_read("lab groups")[:63]
    'Rank correlations with the modulus, 95 % intervals over lab gro'
    """
    return (
        f"Rank correlations with the modulus, 95 % intervals over {many}; a sign is told only where the interval "
        "leaves out zero. Pooled: over all crystals, whatever else differs between them. Given halide, n and source: "
        "among like crystals, the total effect, whatever it acts through. With packing, hydrogen bonds and slab "
        "fraction held equal as well: the direct effect. These three are consequences of angle and STEI, not rivals: "
        "an effect that vanishes there acts through them and is no less real. "
        f"Between {many}: means over the {many} that occur with every halide. "
        "SHAP: which way the model that predicts uses the descriptor."
    )


def verdict_reason(criterion: str, parameters: Mapping[str, Any], finding: Finding, evidence: Evidence) -> str:
    """Say why a claim was judged as it was: what the evidence lacks, or the numbers that decide.

    Parameters
    ----------
    criterion : str
        Name of the criterion.
    parameters : mapping
        Its parameters.
    finding : Finding
        Its outcome.
    evidence : Evidence
        What it was judged on.
    """
    if finding.lacks:
        return "; ".join(_lack(lack, parameters, evidence) for lack in finding.lacks)
    if finding.judged_by:
        return _score(finding.judged_by, finding.numbers)
    say = {"top_k": _dominance, "sign": _sign, "beyond": _beyond, "share": _share}[criterion]
    return "; ".join(say(name, entry, parameters) for name, entry in finding.numbers.items())


def _lack(lack: Lack, parameters: Mapping[str, Any], evidence: Evidence) -> str:
    names = ", ".join(lack.names)
    if lack.kind == "skill" and evidence.skill is not None:
        return f"the models do not predict unseen groups: {evidence.skill.sentence()}"
    if lack.kind == "transfer" and evidence.transfer is not None:
        return evidence.transfer.reason
    words = {
        "count": f"{lack.have} {names}, {lack.required} are required",
        "explanation": f"nothing could be explained: {evidence.reason}",
        "descriptors": f"no descriptor in the table for: {names}",
        "measured descriptors": f"no descriptor was measured for: {names}",
        "associations": "associations within strata were not measured",
        "strata": f"too few crystals to hold anything equal for: {names}",
        "transfer test": "no transfer test was made",
        "source model": f"no source model with the family {parameters.get('family')!r}",
        "score": f"{names} was not measured",
    }
    return words[lack.kind]


def _score(score: str, numbers: Mapping[str, Any]) -> str:
    name = "gain over the better mean" if score == "gain" else score
    return f"{name} {numbers[score]:.3g} ({numbers[f'{score}_lower']:.3g} to {numbers[f'{score}_upper']:.3g})"


def _dominance(name: str, numbers: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    return (
        f"{name}: in the top {parameters['k']} with probability {numbers['p_top_k']:.2f} "
        f"(Monte-Carlo error {numbers['p_top_k_error']:.2f}), above noise in "
        f"{numbers['p_above_noise']:.2f} of models"
    )


def _sign(name: str, numbers: Mapping[str, Any], _: Mapping[str, Any]) -> str:
    words = [
        f"{d} {s['spearman']:.2f} ({s['lower']:.2f} to {s['upper']:.2f}, above noise in {s['p_above_noise']:.2f})"
        for d, s in numbers["descriptors"].items()
    ]
    return f"{name}: Spearman of value and own SHAP value, {', '.join(words)}"


def _beyond(name: str, numbers: Mapping[str, Any], _: Mapping[str, Any]) -> str:
    rows = list(numbers["descriptors"].values())
    words = [f"{r['descriptor']} {r['estimate']:.2f} ({r['lower']:.2f} to {r['upper']:.2f})" for r in rows]
    return f"{name}, {rows[0]['view']}: {', '.join(words)}"


def _share(name: str, numbers: Mapping[str, Any], _: Mapping[str, Any]) -> str:
    words = f"{name}: share {numbers['share']:.2f} ({numbers['lower']:.2f} to {numbers['upper']:.2f})"
    if numbers["aliases"] and numbers["verdict"] == "undecided":
        words += f"; correlated descriptors may hold its credit: {', '.join(numbers['aliases'][:4])}"
    return words


def rates_sentence(rates: list[dict[str, Any]]) -> str:
    """Say the counts of one claim in words.

    Parameters
    ----------
    rates : list of dict
        ``model``, ``truth`` (``"false"`` or ``"true"``), ``text`` of the scenario, ``n``, ``supported``,
        ``not_supported``.

    Examples
    --------
    >>> row = {"model": "ridge", "truth": "true", "text": "a drives", "n": 9, "supported": 8, "not_supported": 0}
    >>> rates_sentence([row])
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


def association_sentences(
    table: pd.DataFrame, target: str, names: Names | None = None, many: str = "spacers"
) -> list[str]:
    """Say sign and strength of every descriptor in words: pooled, among like crystals, through what, in the model.

    Parameters
    ----------
    table : DataFrame
        From `perovex.explain.associations`, of one target.
    target : str
        Name of the target.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    many : str
        What several groups of crystals are called.

    Returns
    -------
    list of str
        One text per descriptor.

    Examples
    --------
    >>> row = {"descriptor": "stei_max", "n_rows": 90, "n_groups": 30, "view": "pooled", "given": ()}
    >>> pooled = {**row, "kind": "raw", "estimate": -0.3, "lower": -0.4, "upper": -0.2, "sign": "-"}
    >>> alike = {**pooled, "kind": "partial", "given": ("halide",), "estimate": 0.3, "lower": 0.1, "sign": "+"}
    >>> from perovex.explain import Names
    >>> association_sentences(pd.DataFrame([pooled, alike]), "E_vrh", Names(labels={"stei_max": "STEI"}))[0][:66]
    'STEI and E_vrh: pooled -0.30 [-0.40, -0.20], softer where it is la'
    """
    out = []
    for name, part in table.groupby("descriptor", sort=False):
        pooled, total = _one(part, "raw"), _one(part, "partial")
        direct, between, model = (_one(part, kind) for kind in ("direct", "between", "SHAP"))
        clauses = [
            _clause("pooled", pooled),
            _clause(_view(total, many), total),
            _clause(_view(between, many), between),
        ]
        said = joined(clauses)
        text = f"{name_of(str(name), names)} and {target}: {said}."
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


def association_matrix(table: pd.DataFrame, names: Names | None = None, many: str = "spacers") -> pd.DataFrame:
    """Return views x descriptors, each cell the rank correlation with its interval.

    Parameters
    ----------
    table : DataFrame
        From `perovex.explain.associations`.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.
    many : str
        What several groups of crystals are called.

    Returns
    -------
    DataFrame
        Index: views, in words; one column per descriptor.
    """
    rows = [row for _, row in table.iterrows()]
    cells = table.assign(cell=[_numbers(row) for row in rows], view=[_view(row, many) for row in rows])
    matrix = cells.pivot_table(index=["kind", "view"], columns="descriptor", values="cell", aggfunc="first", sort=False)
    present = matrix.index.get_level_values("kind")
    kinds = [kind for kind in _KINDS if kind in present]
    matrix = pd.concat([matrix.loc[[kind]] for kind in kinds]).droplevel("kind")
    descriptors = [descriptor for descriptor in table["descriptor"].unique() if descriptor in matrix]
    titles = {descriptor: name_of(str(descriptor), names) for descriptor in descriptors}
    return matrix[descriptors].rename(columns=titles).fillna("")


def plain_sentences(table: pd.DataFrame, names: Names | None = None) -> list[str]:
    """Say where the claimed descriptors rank in the plain model, over all crystals and inside each source.

    Parameters
    ----------
    table : DataFrame
        From `perovex.explain.plain_model`.
    names : Names, optional
        Units and labels of descriptors of your own; all others are named by the registry.

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
            f"{name_of(row['descriptor'], names)} ranks {row['rank']} ({100 * row['share']:.0f} %, sign "
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


def _view(row: pd.Series | None, many: str) -> str:
    """Return a view as it is said."""
    if row is None:
        return ""
    if row["kind"] == "between":
        return f"between the {many} that occur with every halide"
    if row["kind"] == "SHAP":
        return "SHAP of the model that predicts"
    if row["given"]:
        return f"given {enumerated([name_of(name) for name in row['given']])}"
    return str(row["view"])


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
