"""The steps of one task but validation: scramble, explain, ask for transfer and claims, each in a worker by itself."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from perovex.errors import ModelInputError, PerovexError
from perovex.explain import effects, explain, group_directions, rank
from perovex.learn import y_scrambling
from perovex.study import questions
from perovex.study.applicability import domain_check, what_ranks_errors
from perovex.study.found import Found, attempt
from perovex.study.further import Further, look_further
from perovex.study.tasks import explained_target, predictor
from perovex.study.validating import validations
from perovex.study.words import NO_LAYERS, NOT_CLAIMED
from perovex.study.workers import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from perovex.explain import Effects, Explanation, Ranking, Skill, TransferResult, Verdict
    from perovex.learn import Evaluation, Scrambling
    from perovex.study.options import StudyOptions
    from perovex.study.tables import StudyTables
    from perovex.study.tasks import Task

_MANY_GROUPS = 40
#: Descriptors of the published claims: their directions are measured whatever their rank.
_ALWAYS_MEASURED = ("bridge_angle_mean", "stei_max", "stei_head")
#: Steps of one task; y-scrambling is a step of a target.
_KINDS = ("validation", "explanation", "domain", "error ranking", "transfer", "abstract", "claims", "further")


@dataclass(frozen=True)
class Explained:
    """Explanation of a task with what was measured on it."""

    explanation: Explanation
    ranking: Ranking
    effects: Effects
    factors: pd.DataFrame | None
    ways: pd.DataFrame


@dataclass(frozen=True)
class TaskResult:
    """What was found about one model; a step that the data do not allow is None, with the reason in `refusals`.

    Attributes
    ----------
    task : Task
    evaluation : Evaluation or None
    scrambling : dict
        Score, mean score on shuffled targets, p-value.
    explanation, ranking, effects, skill : objects or None
        Of the model that predicts; None for classes that follow from a property that is explained itself.
    factors : DataFrame or None
        Importance of halide, n, spacer and the rest, each with all descriptors that carry it.
    ways : DataFrame or None
        Which way the leading groups of correlated descriptors act (`perovex.explain.group_directions`).
    domain : DataFrame or None
        Errors inside and outside the applicability domain; regressors only.
    error_ranking : DataFrame or None
        Do novelty, spread of the members or the Gaussian process's deviation rank errors? Regressors only.
    transfer : TransferResult or None
        From single-layer to multilayer crystals.
    associations : DataFrame or None
        Sign and strength of what the abstract names, beside rivals (`perovex.explain.associations`).
    verdicts : list of Verdict
        On the published claims.
    further : Further or None
        Learning curve and interactions; regressors only.
    refusals : dict of str to str
        Step to reason.
    """

    task: Task
    evaluation: Evaluation | None = None
    scrambling: dict[str, Any] = field(default_factory=dict)
    explanation: Explanation | None = None
    ranking: Ranking | None = None
    effects: Effects | None = None
    skill: Skill | None = None
    factors: pd.DataFrame | None = None
    ways: pd.DataFrame | None = None
    domain: pd.DataFrame | None = None
    error_ranking: pd.DataFrame | None = None
    transfer: TransferResult | None = None
    associations: pd.DataFrame | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    further: Further | None = None
    refusals: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the task."""
        return self.task.name

    @property
    def target(self) -> str:
        """Quantity behind it."""
        return self.task.target

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary."""
        return {
            "target": self.target,
            "unit": self.task.unit,
            "log_target": self.task.quantity.log,
            "threshold": self.task.threshold,
            "evaluation": _as_dict(self.evaluation),
            "y_scrambling": self.scrambling,
            "skill": _as_dict(self.skill),
            "ranking": _as_dict(self.ranking),
            "effects": _as_dict(self.effects),
            "factors": _as_dict(self.factors, orient="index"),
            "directions_of_groups": _as_dict(self.ways, orient="index"),
            "domain": _as_dict(self.domain, orient="records"),
            "error_ranking": _as_dict(self.error_ranking, orient="index"),
            "transfer": _as_dict(self.transfer),
            "associations": _as_dict(self.associations, orient="records"),
            "further": _as_dict(self.further),
            "refusals": self.refusals,
        }


def _as_dict(part: Any, **options: str) -> Any:
    """Return a result or table as JSON has it; None where there is none."""
    return None if part is None else part.to_dict(**options)


def steps_of(tasks: list[Task], tables: StudyTables, options: StudyOptions) -> list[Step]:
    """Return the steps of all tasks, the long ones first where nothing else decides."""
    steps: list[Step] = []
    limits = {task.target: task.threshold for task in tasks if task.classify}
    for target in dict.fromkeys(task.target for task in tasks):
        own = [task for task in tasks if task.target == target]
        regression = next((task for task in own if not task.classify), own[0])
        arguments = (regression, tables.known(target), options, limits.get(target))
        steps.append(Step(f"y-scrambling: {target}", scramble, arguments))
    explained = [task for task in tasks if not _follows(task, tasks)]
    for task in explained:
        known = tables.known(task.target)
        steps.append(Step(f"explanation: {task.name}", explain_task, (task, known, options)))
        steps.append(Step(f"transfer: {task.name}", transfer, (task, known, options)))
    for task in tasks:
        known = tables.known(task.target)
        if not _follows(task, tasks):
            steps += validations(task, [other for other in tasks if other.target == task.target], known, options)
        if task in explained:
            explanation = f"explanation: {task.name}"
            steps.append(Step(f"abstract: {task.name}", abstract, (task, known), (explanation,)))
            needs = (explanation, f"transfer: {task.name}", f"abstract: {task.name}")
            steps.append(Step(f"claims: {task.name}", claims, (task, known, options), needs))
        if not task.classify:
            steps.append(Step(f"domain: {task.name}", domain, (task, known, options), (f"validation: {task.name}",)))
            steps.append(Step(f"error ranking: {task.name}", error_ranking, (task, known, options)))
            steps.append(Step(f"further: {task.name}", further, (task, known, options)))
    return steps


def _follows(task: Task, tasks: list[Task]) -> bool:
    """Whether classes follow from a property that has a task, and an explanation, of its own."""
    return task.classify and any(other.target == task.target and not other.classify for other in tasks)


def result_of(task: Task, results: Mapping[str, Found[Any]]) -> TaskResult:
    """Put together what the steps of a task found."""
    parts: dict[str, Found[Any]] = {}
    for kind in _KINDS:
        step = f"{kind}: {task.name}"
        if step in results:
            parts[kind] = results[step]
    parts["y-scrambling"] = results[f"y-scrambling: {task.target}"]
    values = {kind: part.value for kind, part in parts.items()}
    refusals = {kind: part.refusal for kind, part in parts.items() if part.value is None}
    refusals.pop("abstract", None)  # what the claims say of it is enough
    shuffled: Scrambling | None = values["y-scrambling"]
    if shuffled is not None and task.classify:
        shuffled = shuffled.of_class
    result = TaskResult(
        task,
        evaluation=values["validation"],
        scrambling={} if shuffled is None else _without_null(shuffled),
        domain=values.get("domain"),
        error_ranking=values.get("error ranking"),
        transfer=values.get("transfer"),
        associations=values.get("abstract"),
        verdicts=values.get("claims") or [],
        further=values.get("further"),
        refusals=refusals,
    )
    explained: Explained | None = values.get("explanation")
    if explained is None:
        return result
    return replace(
        result,
        explanation=explained.explanation,
        ranking=explained.ranking,
        effects=explained.effects,
        skill=explained.effects.skill,
        factors=explained.factors,
        ways=explained.ways,
    )


def _without_null(shuffled: Scrambling) -> dict[str, Any]:
    """Return a result with the number of shuffles in the place of their scores."""
    plain: dict[str, Any] = shuffled.to_dict()
    null = plain.pop("null")
    return plain | {"shuffles": len(null)}


def scramble(task: Task, tables: StudyTables, options: StudyOptions, threshold: float | None) -> Found[Scrambling]:
    """Ask whether chance does as well, for the values and, on the same shuffles, for the classes."""
    regression = predictor(replace(task, classify=False), options)
    # halves are enough to tell chance from skill where groups are many, and cost a fifth
    n_splits = 2 if tables.groups.nunique() >= _MANY_GROUPS else 5
    return attempt(
        lambda: y_scrambling(
            regression,
            tables.X,
            tables.values[task.target].astype(float),
            tables.groups,
            n_permutations=options.n_scrambles,
            n_splits=n_splits,
            threshold=threshold,
            random_state=options.seed,
        )
    )


def explain_task(task: Task, tables: StudyTables, options: StudyOptions) -> Found[Explained]:
    """Explain, rank, measure directions, and share importance among halide, n and spacer."""
    return attempt(lambda: _explain(task, tables, options))


def _explain(task: Task, tables: StudyTables, options: StudyOptions) -> Explained:
    """Explain the regression behind a task, which is what predicts, be it values or classes."""
    regression = replace(task, classify=False)
    explanation = explain(
        predictor(regression, options),
        tables.X,
        explained_target(task, tables),
        tables.groups,
        n_repeats=options.n_repeats,
        random_state=options.seed,
    )
    ranking = rank(explanation, n_resamples=options.n_resamples, n_shadow=options.n_shadows)
    top = list(ranking.table.index[:10])
    wanted = [key for key in _ALWAYS_MEASURED if key in tables.X and key not in top]
    measured = effects(
        explanation,
        ranking=ranking,
        descriptors=[*top, *wanted],
        target=task.target,
        target_unit=task.unit,
    )
    try:
        factors = questions.factor_shares(explanation, tables)
    except PerovexError:
        factors = None
    return Explained(explanation, ranking, measured, factors, group_directions(explanation, ranking))


def domain(task: Task, tables: StudyTables, options: StudyOptions, validated: Found[Evaluation]) -> Found[pd.DataFrame]:
    """Ask whether errors are larger outside the applicability domain."""
    return attempt(lambda: domain_check(predictor(task, options), tables, task.target, validated.value))


def error_ranking(task: Task, tables: StudyTables, options: StudyOptions) -> Found[pd.DataFrame]:
    """Ask what ranks the errors of the model: novelty, or its own doubt."""
    return attempt(lambda: what_ranks_errors(predictor(task, options), tables, task.target, random_state=options.seed))


def further(task: Task, tables: StudyTables, options: StudyOptions) -> Found[Further]:
    """Ask whether more spacers would help, and which descriptors act together."""
    return attempt(lambda: look_further(task, tables, options))


def transfer(task: Task, tables: StudyTables, options: StudyOptions) -> Found[TransferResult]:
    """Ask whether single-layer crystals teach about multilayer ones."""
    if "n_layers" not in tables.meta:
        return Found(refusal=NO_LAYERS)
    model = predictor(replace(task, classify=False), options)
    return attempt(lambda: questions.transfer(model, tables, explained_target(task, tables), options))


def abstract(task: Task, tables: StudyTables, explained: Found[Explained]) -> Found[pd.DataFrame]:
    """Set sign and strength of what the abstract names beside their rivals."""
    if not _claimed(task, tables):
        return Found(refusal=NOT_CLAIMED)
    explanation, ranking = _explanation_and_ranking(explained)
    return attempt(lambda: questions.abstract(tables, task.target, explanation, ranking))


def _explanation_and_ranking(explained: Found[Explained]) -> tuple[Explanation | None, Ranking | None]:
    """Return both, or None for both where the data allow no explanation."""
    if explained.value is None:
        return None, None
    return explained.value.explanation, explained.value.ranking


def _claimed(task: Task, tables: StudyTables) -> bool:
    return task.quantity.is_modulus and "n_layers" in tables.meta


def claims(
    task: Task,
    tables: StudyTables,
    options: StudyOptions,
    explained: Found[Explained],
    tested: Found[TransferResult],
    measured: Found[pd.DataFrame],
) -> Found[list[Verdict]]:
    """Judge the published claims, which are about moduli of layered crystals."""
    if not _claimed(task, tables):
        return Found(refusal=NOT_CLAIMED)
    model = predictor(replace(task, classify=False), options)
    parts = _explanation_and_ranking(explained)

    def judged() -> list[Verdict]:
        y = explained_target(task, tables)
        verdicts = questions.verdicts(model, tables, y, task.target, parts, tested.value, measured.value, options)
        if not verdicts:
            raise ModelInputError("no claim could be tested")
        return verdicts

    return attempt(judged)
