"""Validate and explain one model after another: the classifier, then a regressor for each modulus."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perovex.errors import ModelInputError, PerovexError
from perovex.study import questions
from perovex.study.applicability import domain_check

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from perovex.explain import Effects, Explanation, Ranking, Skill, TransferResult, Verdict
    from perovex.learn import Evaluation
    from perovex.study.options import StudyOptions
    from perovex.study.tables import StudyTables

CLASSIFIER = "stiff"
TREES = "boosted trees"
SMALL = "small model"
_INTERVAL_FOLDS = 5


@dataclass(frozen=True)
class TaskResult:
    """What was found about one model; a step that the data do not allow is None, with the reason in `refusals`.

    Attributes
    ----------
    name : str
        ``"stiff"`` for the classifier, else the modulus.
    target : str
        Modulus behind it.
    evaluation : Evaluation or None
    scrambling : dict
        Score, mean score on shuffled targets, p-value.
    explanation, ranking, effects, skill : objects or None
        Of the model that predicts.
    factors : DataFrame or None
        Importance of halide, n, spacer and the rest, each with all descriptors that carry it.
    domain : DataFrame or None
        Errors inside and outside the applicability domain; regressors only.
    transfer : TransferResult or None
        From single-layer to multilayer crystals.
    verdicts : list of Verdict
        On the published claims.
    refusals : dict of str to str
        Step to reason.
    """

    name: str
    target: str
    evaluation: Evaluation | None
    scrambling: dict[str, Any]
    explanation: Explanation | None
    ranking: Ranking | None
    effects: Effects | None
    skill: Skill | None
    factors: pd.DataFrame | None
    domain: pd.DataFrame | None
    transfer: TransferResult | None
    verdicts: list[Verdict]
    refusals: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary."""
        return {
            "target": self.target,
            "evaluation": None if self.evaluation is None else self.evaluation.to_dict(),
            "y_scrambling": self.scrambling,
            "skill": None if self.skill is None else self.skill.to_dict(),
            "ranking": None if self.ranking is None else self.ranking.to_dict(),
            "effects": None if self.effects is None else self.effects.to_dict(),
            "factors": None if self.factors is None else self.factors.to_dict(orient="index"),
            "domain": None if self.domain is None else self.domain.to_dict(orient="records"),
            "transfer": None if self.transfer is None else self.transfer.to_dict(),
            "refusals": self.refusals,
        }


def interval_coverage(n_groups: int) -> float | None:
    """Return the coverage of intervals that a number of spacers supports within five folds.

    g training groups support at most g / (g + 1), because the group is the unit of evidence.

    Examples
    --------
    >>> [interval_coverage(n) for n in (3, 8, 20)]
    [None, 0.8, 0.9]
    """
    training = n_groups - math.ceil(n_groups / 5)
    return next((c for c in (0.9, 0.8) if training / (training + 1) >= c), None)


def make_estimator(task: str, options: StudyOptions, *, intervals: bool = False, trees: bool = False) -> Any:
    """Return the untrained model of a task, or with `trees` the one that is explained."""
    from perovex.learn import StiffnessClassifier, YoungModulusRegressor

    algorithm = options.tree_algorithm if trees else options.algorithm
    if task == CLASSIFIER:
        return StiffnessClassifier(
            algorithm,
            threshold=options.threshold,
            target=options.target,
            calibration="auto" if intervals else "none",
            random_state=options.seed,
        )
    return YoungModulusRegressor(
        algorithm, target=task, interval_folds=_INTERVAL_FOLDS if intervals else 0, random_state=options.seed
    )


def run_task(task: str, tables: StudyTables, units: dict[str, str], options: StudyOptions) -> TaskResult:
    """Validate, scramble, explain, rank: all that is asked about one model.

    Parameters
    ----------
    task : str
        ``"stiff"`` or a modulus.
    tables : StudyTables
    units : dict of str to str
        Unit of each descriptor.
    options : StudyOptions

    Returns
    -------
    TaskResult
    """
    target = options.target if task == CLASSIFIER else task
    y = tables.moduli[target]
    refusals: dict[str, str] = {}
    found: dict[str, Any] = {}

    def attempt(step: str, work: Callable[[], Any]) -> None:
        try:
            found[step] = work()
        except PerovexError as error:
            refusals[step] = str(error)

    estimator = make_estimator(task, options)
    asked = _target_for_explaining(task, y, options)
    attempt("validation", lambda: _validate(task, tables, y, options))
    attempt("y-scrambling", lambda: _scramble(estimator, tables, y, options))
    attempt("explanation", lambda: _explain(task, tables.X, asked, tables.groups, units, options))
    explanation, ranking, effects = found.get("explanation", (None, None, None))
    if explanation is not None:
        attempt("factors", lambda: questions.factor_shares(explanation, tables))
    if task != CLASSIFIER:
        attempt("domain", lambda: domain_check(estimator, tables, task, found.get("validation")))
    attempt("transfer", lambda: questions.transfer(estimator, tables, asked, options))
    tested = found.get("transfer")
    attempt("claims", lambda: questions.verdicts(estimator, tables, asked, task, explanation, ranking, tested, options))
    return TaskResult(
        task,
        target,
        found.get("validation"),
        found.get("y-scrambling", {}),
        explanation,
        ranking,
        effects,
        None if effects is None else effects.skill,
        found.get("factors"),
        found.get("domain"),
        tested,
        found.get("claims", []),
        refusals,
    )


def _validate(task: str, tables: StudyTables, y: pd.Series, options: StudyOptions) -> Evaluation:
    from perovex.learn import ApplicabilityDomain, evaluate, small_model

    # the trees alone and a model of a handful of descriptors stand beside the model in the same folds
    beside = {} if options.algorithm == options.tree_algorithm else {TREES: make_estimator(task, options, trees=True)}
    if task != CLASSIFIER:
        beside[SMALL] = small_model(task)
    return evaluate(
        make_estimator(task, options, intervals=True),
        tables.X,
        y,
        tables.groups,
        meta=tables.meta,
        baselines=beside,
        n_repeats=options.n_repeats,
        coverage=None if task == CLASSIFIER else interval_coverage(tables.groups.nunique()),
        domain=ApplicabilityDomain(),
        random_state=options.seed,
    )


def _scramble(estimator: Any, tables: StudyTables, y: pd.Series, options: StudyOptions) -> dict[str, Any]:
    from perovex.learn import y_scrambling

    found = y_scrambling(
        estimator, tables.X, y, tables.groups, n_permutations=options.n_scrambles, random_state=options.seed
    )
    plain: dict[str, Any] = found.to_dict()
    plain["shuffles"] = len(plain.pop("null"))
    return plain


def _target_for_explaining(task: str, y: pd.Series, options: StudyOptions) -> pd.Series:
    from perovex.learn import stiff_labels

    return stiff_labels(y, options.threshold).astype(int) if task == CLASSIFIER else y


def _explain(
    task: str, X: pd.DataFrame, y: pd.Series, groups: pd.Series, units: dict[str, str], options: StudyOptions
) -> tuple[Explanation, Ranking, Effects]:
    from perovex.explain import effects, explain, rank

    explanation = explain(
        make_estimator(task, options),
        X,
        y,
        groups,
        n_repeats=options.n_repeats,
        random_state=options.seed,
    )
    ranking = rank(explanation, n_resamples=options.n_resamples, n_shadow=options.n_shadows)
    top = list(ranking.table.index[:10])
    wanted = [key for key in ("bridge_angle_mean", "stei_max", "stei_head") if key in X and key not in top]
    measured = effects(
        explanation,
        ranking=ranking,
        descriptors=[*top, *wanted],
        units=units,
        target=_words(task, options),
    )
    return explanation, ranking, measured


def _words(task: str, options: StudyOptions) -> str:
    return f"the log-odds of being stiff in {options.target}" if task == CLASSIFIER else task


def require_classes(moduli: pd.Series, threshold: str | float) -> float:
    """Return the threshold in GPa after checking that both classes occur.

    Raises
    ------
    ModelInputError
        If all crystals fall in one class.
    """
    from perovex.learn import resolve_threshold, stiff_labels

    labels = stiff_labels(moduli, threshold)
    if labels.nunique() < 2:
        raise ModelInputError(
            f"one class only: every crystal is {'stiff' if labels.iloc[0] else 'non-stiff'} at this threshold",
            remedy="choose another --threshold or add crystals",
        )
    return float(resolve_threshold(moduli, threshold))
