"""What a transfer test found, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from perovex._words import group_words
from perovex.explain.names import name_of
from perovex.explain.transfer.strategies import ALL, HELD_OUT, SAME

if TYPE_CHECKING:
    import pandas as pd

    from perovex.explain.transfer.result import TransferResult

Counted = Literal["source crystals", "target crystals", "target groups"]

#: Why nothing can be learnt from a source domain.
ONE_CLASS: Final = "the source holds one class only"
_SCORES = {"auc": "ROC-AUC", "spearman": "Spearman"}


def too_few(counted: Counted, have: int, needed: int) -> str:
    """Say of what there is too little for a test.

    Examples
    --------
    >>> too_few("source crystals", 3, 8), too_few("target groups", 1, 2)
    ('3 source crystals, at least 8 are needed', 'the target crystals belong to 1 group, at least 2 are needed')
    """
    if counted == "target groups":
        return f"the target crystals belong to {have} group, at least {needed} are needed"
    return f"{have} {counted}, at least {needed} are needed"


def of_groups(name: str, group_name: str) -> str:
    """Return the name of a variant, or of predictions in one, in words for groups that are no spacers.

    Examples
    --------
    >>> of_groups("pooled, same spacers", "family"), of_groups("spacer held out", "spacer")
    ('pooled, same family groups', 'spacer held out')
    """
    one, many = group_words(group_name)
    return name.replace(SAME, f"same {many}").replace(HELD_OUT, f"{one} held out")


def outcome(result: TransferResult, domains: tuple[str, str] | None = None) -> str:
    """Say whether the source model beats the mean on the target; `domains` are what to call source and target."""
    source, target = domains or (result.source, result.target)
    head = f"Transfer from {source} ({result.n_source} crystals) to {target} ({result.n_target})"
    if not result.possible:
        return f"{head} cannot be tested: {result.reason}."
    row = result.row("source only")
    held_out = f"with the {group_words(result.group_name)[0]} held out"
    if row is None or not np.isfinite(row["gain"]):
        return f"{head}: no source model could be fitted {held_out}."
    name = "log loss" if result.classifier else "mean absolute error"
    verdict = "cannot be told from"
    if row["gain_lower"] > 0:
        verdict = "beats"
    elif row["gain_upper"] < 0:
        verdict = "loses to"
    return (
        f"{head}: {held_out}, the source model {verdict} the better mean baseline "
        f"({name} {row['loss']:.2f}; gain {row['gain']:.2f}, "
        f"{row['gain_lower']:.2f} to {row['gain_upper']:.2f}). {order(result)}"
    ).strip()


def order(result: TransferResult, family: str = ALL) -> str:
    """Say whether the source model orders target crystals, whatever their level; empty where that is unknown."""
    row = result.row("source only", family=family)
    score, chance = ("auc", 0.5) if result.classifier else ("spearman", 0.0)
    if row is None or not np.isfinite(row.get(score, np.nan)):
        return ""
    what = "all descriptors" if family == ALL else f"{family} descriptors alone"
    verb = "orders" if row[f"{score}_lower"] > chance else "does not surely order"
    text = f"With {what} it {verb} them ({_SCORES[score]} {_range(row, score)}"
    beyond = f"spearman given {result.given}"
    if result.given and np.isfinite(row.get(beyond, np.nan)):
        text += f"; within one {result.given} {_range(row, beyond)}"
    return f"{text})."


def everything(result: TransferResult, domains: tuple[str, str] | None = None) -> list[str]:
    """Say all that was found: outcome, adaptation, gap, shift of descriptors, coverage."""
    sentences = [outcome(result, domains)]
    if not result.possible:
        return sentences
    families = [str(family) for family in result.table["family"].unique()] if len(result.table) else []
    sentences += [order(result, family) for family in families if family not in ("", ALL)]
    if len(result.adaptation):
        sentences += _adaptation(result.adaptation)
    if "auc_without_separators" in result.two_sample:
        sentences.append(_gap(result))
    if result.coverage_under_shift:
        sentences.append(_coverage(result))
    if len(result.ranking_shift):
        sentences.append(_moved(result.ranking_shift))
    return [sentence for sentence in sentences if sentence]


def _adaptation(table: pd.DataFrame) -> list[str]:
    """Say which adaptations win."""
    winners = table[table["wins"]]
    if not len(winners):
        return [f"No adaptation helps beyond doubt (tried: {', '.join(map(str, table.index))})."]
    return [
        f"Adaptation that helps: {name} (gain over the plain source model {row['gain']:.2f}, "
        f"{row['gain_lower']:.2f} to {row['gain_upper']:.2f})."
        for name, row in winners.iterrows()
    ]


def _gap(result: TransferResult) -> str:
    """Say how well a classifier tells the domains apart."""
    numbers = result.two_sample
    separators = ", ".join(map(name_of, numbers["separators"])) or "there are none"
    return (
        f"Without descriptors that separate the domains by themselves ({separators}), a classifier tells them apart "
        f"with ROC-AUC {numbers['auc_without_separators']:.2f} ({numbers['auc_without_separators_lower']:.2f} to "
        f"{numbers['auc_without_separators_upper']:.2f}; 0.5: not at all)."
    )


def _coverage(result: TransferResult) -> str:
    """Say what intervals made on the source are worth on the target."""
    numbers = result.coverage_under_shift
    return (
        f"Intervals of {numbers['nominal']:.0%} made on the source cover {numbers['coverage']:.0%} "
        f"({numbers['coverage_lower']:.0%} to {numbers['coverage_upper']:.0%}) of the target; they are "
        f"{numbers['half_width']:.2f} wide to each side, {numbers['half_width_needed']:.2f} would have been needed."
    )


def _moved(shift: pd.DataFrame) -> str:
    """Say which shares of importance differ between the domains."""
    clear = shift[(shift["difference_lower"] > 0) | (shift["difference_upper"] < 0)]
    largest = [f"{name_of(str(key))} {100 * value:+.0f} %" for key, value in clear["difference"].head(5).items()]
    named = f"; largest: {', '.join(largest)}" if largest else ""
    return (
        f"Shares of importance that differ between the domains beyond their 90 % interval: {len(clear)} of "
        f"{len(shift)}, where {0.1 * len(shift):.0f} would by chance{named}."
    )


def _range(row: pd.Series, score: str) -> str:
    """Return a score with its interval."""
    value, lower, upper = (row[f"{score}{end}"] for end in ("", "_lower", "_upper"))
    return f"{value:.2f}" if not np.isfinite(lower) else f"{value:.2f}, {lower:.2f} to {upper:.2f}"
