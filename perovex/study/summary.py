"""The findings of a study in a few plain lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perovex.study.modelling import CLASSIFIER

if TYPE_CHECKING:
    from perovex.study.modelling import TaskResult
    from perovex.study.run import StudyResult

MAIN_METRIC = {True: "ROC-AUC", False: "MAE"}


def summary_lines(result: StudyResult) -> list[str]:
    """Return the main findings, one line each."""
    meta, tables = result.tables.meta, result.tables
    by_n = ", ".join(f"{count} with n = {n:g}" for n, count in meta["n_layers"].value_counts().sort_index().items())
    lines = [
        f"data {result.data.version}: {len(tables.X)} layered crystals ({by_n}), {tables.groups.nunique()} spacers",
        f"labels by {result.data.potential}, not measurements",
        f"stiff means {result.options.target} above {result.threshold:.2f} GPa",
    ]
    lines += [score_line(task) for task in result.tasks.values()]
    return [*lines, *claim_lines(result.claims)]


def claim_lines(claims: list[dict[str, Any]]) -> list[str]:
    """Return one line per claim: its verdict for every target, and the claim in words.

    Examples
    --------
    >>> claim_lines([{"id": "a", "claim": "A holds.", "target": "E_vrh", "variant": {}, "verdict": "undecided"}])
    ['claim "A holds." E_vrh: undecided']
    """
    words: dict[str, list[str]] = {}
    texts = {claim["id"]: claim["claim"] for claim in claims}
    for claim in claims:
        variant = f" ({', '.join(claim['variant'].values())})" if claim["variant"] else ""
        words.setdefault(claim["id"], []).append(f"{claim['target']}{variant}: {claim['verdict']}")
    return [f'claim "{texts[key]}" {"; ".join(found)}' for key, found in words.items()]


def score_line(task: TaskResult) -> str:
    """Return the score of a model beside its baselines, or why there is none."""
    head = f"classifier ({task.target})" if task.name == CLASSIFIER else f"regressor {task.name}"
    if task.evaluation is None:
        return f"{head}: {task.refusals.get('validation', 'not validated')}"
    metric = MAIN_METRIC[task.name == CLASSIFIER]
    table = task.evaluation.scores.query("metric == @metric").set_index("model")
    unit = "" if task.name == CLASSIFIER else " GPa"
    own = table.loc["model"]
    others = ", ".join(f"{name} {row['value']:.2f}" for name, row in table.drop(index="model").iterrows())
    top = "" if task.ranking is None else "; first: " + ", ".join(task.ranking.table.index[:3])
    return (
        f"{head}: held-out {metric} {own['value']:.2f}{unit} [{own['low']:.2f}, {own['high']:.2f}] "
        f"(baselines: {others}){top}"
    )
