"""The findings of a study in a few plain lines and two tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from perovex._numbers import with_interval
from perovex._words import enumerated, group_words
from perovex.explain.names import group_name

if TYPE_CHECKING:
    from perovex.explain import Ranking
    from perovex.learn.validation.result import Evaluation
    from perovex.report import Section
    from perovex.study.modelling import TaskResult
    from perovex.study.result import StudyResult

_IN_WORDS = {"average": "the average of boosted trees, a Gaussian process and a linear model"}
_TERMS = (
    (
        "E_in_plane: Young's modulus averaged over directions in the plane of the layers; E_out_of_plane: along their "
        "normal; E_vrh: from the Voigt-Reuss-Hill averages; n: layers of octahedra in a slab"
    ),
    "ROC-AUC is 0.5 for guessing and 1 for perfect ranking; MAE is the mean absolute error",
    "STEI is the steric effect index of the spacer",
)
MAIN_METRIC = {True: "ROC-AUC", False: "MAE"}


def summary_lines(result: StudyResult) -> list[str]:
    """Return the main findings, one line each."""
    lines = [*data_lines(result), *(score_line(task) for task in result.tasks.values())]
    return [*lines, *claim_lines(result.claims)]


def data_lines(result: StudyResult) -> list[str]:
    """Say what the study learnt from: crystals, labels, threshold."""
    elastic = result.elastic
    if elastic is None:
        return _own_data_lines(result)
    meta, tables = result.tables.meta, result.tables
    by_n = ", ".join(f"{count} with n = {n:g}" for n, count in meta["n_layers"].value_counts().sort_index().items())
    lines = [f"data {elastic.version}: {len(tables.X)} layered crystals ({by_n}), {tables.groups.nunique()} spacers"]
    lines.append(f"labels by {elastic.potential}{elastic.kind}, not measurements")
    return [*lines, *_class_lines(result)]


def _own_data_lines(result: StudyResult) -> list[str]:
    """Say what a study of the user's own numbers learnt from, and what is the matter with them."""
    tables = result.tables
    lines = [
        (
            f"{result.data.version}: {len(tables.X)} crystals in {tables.groups.nunique()} groups, "
            f"{tables.X.shape[1]} descriptors"
        )
    ]
    return [*lines, *_class_lines(result), *(f"note: {remark}" for remark in result.remarks)]


def _class_lines(result: StudyResult) -> list[str]:
    if result.threshold is None:
        return []
    main = result.tables.quantities[result.options.target]
    return [f"{main.classes[1]} means {main.name} above {result.threshold:.2f} {main.unit}".rstrip()]


def claim_lines(claims: list[dict[str, Any]]) -> list[str]:
    """Return one line per claim: its verdict for every target, and the claim in words.

    Examples
    --------
    >>> claim_lines([{"id": "a", "claim": "A holds.", "target": "E_vrh", "verdict": "undecided"}])
    ['claim "A holds." E_vrh: undecided']
    """
    words: dict[str, list[str]] = {}
    texts = {claim["id"]: claim["claim"] for claim in claims}
    for claim in claims:
        words.setdefault(claim["id"], []).append(f"{claim['target']}: {claim['verdict']}")
    return [f'claim "{texts[key]}" {"; ".join(verdicts)}' for key, verdicts in words.items()]


def claim_matrix(claims: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the verdicts as claims x targets.

    Examples
    --------
    >>> verdict = {"id": "a", "claim": "A holds.", "target": "E_vrh", "verdict": "undecided"}
    >>> claim_matrix([verdict, {**verdict, "target": "stiff", "verdict": "supported"}]).iloc[0].tolist()
    ['A holds.', 'undecided', 'supported']
    """
    rows: dict[str, dict[str, Any]] = {}
    for claim in claims:
        rows.setdefault(claim["id"], {"claim": claim["claim"]})[claim["target"]] = claim["verdict"]
    return pd.DataFrame(rows.values()).fillna("not tested")


def add_claims(section: Section, claims: list[dict[str, Any]], caption: str) -> None:
    """Add the verdicts as coloured words."""
    matrix = claim_matrix(claims)
    section.table(matrix, caption, index=False, badges=matrix.columns.drop("claim"))


def score_table(result: StudyResult) -> pd.DataFrame:
    """Return one row a model: held-out score with its interval, beside the best other model in the same folds."""
    rows = []
    for task in result.tasks.values():
        row: dict[str, Any] = {"model": task_title(task)}
        if task.evaluation is None:
            row["held-out score"] = task.refusals.get("validation", "not validated")
        else:
            row |= _scores(task)
        if task.ranking is not None:
            row["what it leans on most"] = leading_groups(task.ranking)
        rows.append(row)
    return pd.DataFrame(rows).fillna("")


def _scores(task: TaskResult) -> dict[str, str]:
    classify = task.task.classify
    metric, unit = MAIN_METRIC[classify], _unit_after(task)
    assert task.evaluation is not None
    table = task.evaluation.scores.query("metric == @metric").set_index("model")
    others = table.drop(index="model")["value"]
    best = str(others.idxmax() if classify else others.idxmin())
    gaps = task.evaluation.differences.query("metric == @metric and baseline == @best")
    surely = "" if gaps.empty else f"{100 * gaps['better'].iloc[0]:.0f} %"
    return {
        "score": metric,
        "held-out score": _own_score(table, unit),
        "best other model": f"{best}: {others[best]:.2f}{unit}",
        "better in resamples": surely,
    }


def _own_score(table: pd.DataFrame, unit: str) -> str:
    value, lower, upper = table.loc[["model"], ["value", "lower", "upper"]].to_numpy(float)[0]
    return with_interval(value, lower, upper, unit)


def leading_groups(ranking: Ranking, count: int = 3) -> str:
    """Name the groups of correlated descriptors that lead a ranking, with their share of importance."""
    leaders = ranking.groups.head(count)
    return "; ".join(
        f"{group_name(str(name), len(row['members']))} ({100 * row['share']:.0f} %)" for name, row in leaders.iterrows()
    )


def task_title(task: TaskResult) -> str:
    """Name a model for headings."""
    low, high = task.task.quantity.classes
    if not task.task.classify:
        return f"value of {task.name}"
    return f"stiff or not ({task.target})" if high == "stiff" else f"{high} or {low} ({task.target})"


def heading(task: TaskResult) -> str:
    """Name a model at the start of a line."""
    title = task_title(task)
    return title[0].upper() + title[1:]


def slug(task: TaskResult) -> str:
    """Name of a task in names of files."""
    return "".join(c if c.isalnum() or c in "_-" else "_" for c in task.name)


def with_unit(metric: str, task: TaskResult) -> str:
    """Name a metric with the unit of the task."""
    return f"{metric} ({task.task.unit})" if task.task.unit else metric


def _unit_after(task: TaskResult) -> str:
    return "" if task.task.classify or not task.task.unit else f" {task.task.unit}"


def score_line(task: TaskResult) -> str:
    """Return the score of a model beside its baselines, or why there is none."""
    head = f"classifier ({task.target})" if task.task.classify else f"regressor {task.name}"
    if task.evaluation is None:
        return f"{head}: {task.refusals.get('validation', 'not validated')}"
    metric = MAIN_METRIC[task.task.classify]
    table = task.evaluation.scores.query("metric == @metric").set_index("model")
    unit = _unit_after(task)
    others = ", ".join(f"{name} {row['value']:.2f}" for name, row in table.drop(index="model").iterrows())
    top = "" if task.ranking is None else f"; leans on {leading_groups(task.ranking)}"
    return f"{head}: held-out {metric} {_own_score(table, unit)} (beside it: {others}){top}"


def draws_line(evaluation: Evaluation, many: str) -> str:
    """Say how much a score owes to how the folds fell, which an interval over groups does not hold."""
    metric = "ROC-AUC" if evaluation.task == "classification" else "R2"
    of_draws = [f"{score:.2f}" for score in evaluation.by("repeat")[metric]]
    if len(of_draws) == 1:
        return f"The folds were drawn once; what another draw changes, intervals over {many} do not hold."
    return (
        f"Scores are means over {len(of_draws)} draws of the folds ({metric} {enumerated(of_draws)}); what another "
        f"draw changes, intervals over {many} do not hold."
    )


def summary_html(result: StudyResult, *, claims: bool = True) -> str:
    """Return the findings as a fragment of HTML, for notebooks and, without the claims, for the report."""
    from perovex.report import Section

    chosen = result.options.algorithm
    by = f" Predicted and explained is {_IN_WORDS.get(chosen, chosen)}."
    moduli, scores, steric = _TERMS
    terms = [scores] if result.elastic is None else [moduli, scores]
    terms += [steric] if any("stei" in str(key) for key in result.tables.X) else []
    many = group_words(result.tables.group_name)[1]
    section = Section("Summary").bullets([*data_lines(result), *terms])
    section.table(
        score_table(result),
        f"Every model on {many} that it has not seen, with 95 % intervals over {many}; 'better in resamples' is the "
        f"share of resampled {many} in which it beats the best other model (a baseline, or the trees alone). "
        f"Correlated descriptors share their credit, so groups are named, by their leading member.{by}",
        index=False,
    )
    if result.claims and claims:
        add_claims(
            section,
            result.claims,
            f"Published claims, by target: {len(result.claims)} verdicts. 'Undecided' is what a true claim often gets "
            "at this size, too; the section on claims says how often each criterion was right and wrong on made data.",
        )
    if result.elastic is None:
        return "\n".join(section.blocks)
    if result.elastic.moduli == "soft_frozen":
        section.note(
            "These are moduli with the softest modes frozen (curvature below the threshold in the settings of each "
            "label, 0.05 eV/Å² in the bundled data): stiffer than relaxed-ion moduli and less dependent on the "
            "potential. Which kind is nearer to measurements is not known."
        )
    section.note(
        "Every label is computed with an interatomic potential at 0 K. It is not a measurement; the section on labels "
        "says how far it is from first-principles values."
    )
    return "\n".join(section.blocks)
