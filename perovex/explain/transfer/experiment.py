"""Whether a model of one domain (single-layer crystals, say) carries over to another (multilayer)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.errors import ModelInputError, PerovexError
from perovex.explain.tables import check_problem
from perovex.explain.transfer import adaptation
from perovex.explain.transfer.domain_shift import descriptor_shift, two_sample_test
from perovex.explain.transfer.ranking_shift import ranking_shift
from perovex.explain.transfer.result import TransferResult
from perovex.explain.transfer.scores import WEIGHTED, compare_adaptations, score_all, score_families
from perovex.explain.transfer.strategies import HELD_OUT, Domains
from perovex.explain.transfer.words import ONE_CLASS, too_few

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from perovex.explain.tables import Problem
    from perovex.explain.transfer.words import Counted

MIN_SOURCE, MIN_TARGET, MIN_TARGET_GROUPS = 8, 5, 2


def transfer_test(  # noqa: PLR0913 -- two domains of a table and what to do with them
    X: pd.DataFrame,
    y: ArrayLike,
    groups: ArrayLike,
    *,
    source: str | ArrayLike,
    target: str | ArrayLike,
    estimator: Any,
    meta: pd.DataFrame | None = None,
    families: Mapping[str, Sequence[str]] | None = None,
    primary: Sequence[str] = ("octahedral",),
    given: pd.Series | None = None,
    defining: Sequence[str] = (),
    n_splits: int = 5,
    random_state: int = 0,
    full: bool = True,
    group_name: str = "spacer",
    progress: bool = False,
) -> TransferResult:
    """Test whether a model fitted on one domain predicts another.

    Source-only, target-only (out of fold), pooled and mean baselines are scored on the same target rows, in
    two variants: spacers of the target may occur in the training rows (``"same spacers"``), or not (``"spacer
    held out"``). Where the same spacers occur in both domains by design, only the second tells transfer from
    recognition.

    Parameters
    ----------
    X : DataFrame, shape (rows, descriptors)
        Descriptors.
    y : array-like, shape (rows,)
        Modulus, or classes for a classifier.
    groups : array-like, shape (rows,)
        Spacer (or other group) of each row.
    source, target : str or array-like of bool
        Domains: a query on `meta` such as ``"n_layers == 1"``, or a mask. Rows in neither are not used.
    estimator : object
        What predicts; any scikit-learn estimator.
    meta : DataFrame, shape (rows, ...), optional
        Columns for the queries.
    families : mapping of str to sequence of str, optional
        Sets of descriptors to test alone.
    primary : sequence of str
        Families for which all models are fitted in both variants; others get the source-only model with the
        spacer held out.
    given : Series, shape (rows,), optional
        Category, such as the halide, within which the order of target crystals is scored a second time: what transfers
        beyond it.
    defining : sequence of str
        Descriptors that follow from what tells the domains apart (layers and spacings, where n does); a second
        two-sample test leaves them out.
    n_splits : int
        Folds over target crystals.
    random_state : int
        Seed.
    full : bool
        Also compute adaptation, learning curve, coverage of intervals, shift of descriptors and of SHAP shares.
    group_name : str
        What a group is, for sentences and tables.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    TransferResult
        ``possible`` is False, with the reason, where the data do not allow the test.

    Raises
    ------
    ModelInputError
        If a query cannot be evaluated or the domains overlap.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(60, 2)), columns=["angle", "noise"])
    >>> meta = pd.DataFrame({"n_layers": np.tile([1, 2, 3], 20)})
    >>> result = transfer_test(
    ...     X, 5 * X["angle"], np.arange(60) // 3, source="n_layers == 1", target="n_layers >= 2", meta=meta,
    ...     estimator=RandomForestRegressor(20), full=False, progress=False)
    >>> bool(result.row("source only")["gain_lower"] > 0)
    True
    """
    first, second = (_mask(d, meta, len(X)) for d in (source, target))
    if (first & second).any():
        raise ModelInputError("source and target overlap", remedy="choose disjoint domains")
    counts: dict[str, Any] = {
        "source": source if isinstance(source, str) else "source",
        "target": target if isinstance(target, str) else "target",
        "n_source": int(first.sum()),
        "n_target": int(second.sum()),
        "group_name": group_name,
    }
    lack = _lack(first, second, np.asarray(groups))
    if lack is not None:
        return TransferResult(possible=False, reason=too_few(*lack), **counts)
    used = np.flatnonzero(first | second)
    try:
        problem = check_problem(estimator, X.iloc[used], np.asarray(y)[used], np.asarray(groups)[used])
    except ModelInputError as error:
        return TransferResult(possible=False, reason=error.cause, **counts)
    category = None if given is None else given.iloc[used]
    domains = _domains(problem, first[used], second[used], category, n_splits, random_state)
    if not domains.trainable(domains.source):
        return TransferResult(possible=False, reason=ONE_CLASS, **counts)

    table, predictions = score_all(domains, families or {}, tuple(primary), full=full, progress=progress)
    extra, notes = _extras(domains, predictions, defining, progress=progress) if full else ({}, [])
    if full and WEIGHTED not in set(table["model"]):
        notes.append("importance weighting: the estimator takes no sample_weight")
    source_groups, target_groups = (set(problem.groups[rows]) for rows in (domains.source, domains.target))
    return TransferResult(
        possible=True,
        reason="",
        **counts,
        n_source_groups=len(source_groups),
        n_target_groups=len(target_groups),
        n_shared_groups=len(source_groups & target_groups),
        table=table,
        predictions=predictions,
        classifier=problem.classifier,
        given=domains.given_name,
        notes=notes,
        **extra,
    )


def transfer_by_family(
    problem: Problem,
    source: NDArray[np.bool_],
    target: NDArray[np.bool_],
    families: Mapping[str, Sequence[str]],
    *,
    given: pd.Series | None = None,
    n_splits: int = 5,
    random_state: int = 0,
) -> TransferResult:
    """Score only the source model of each family on target rows, spacers held out.

    What a claim about transfer rests on, at a tenth of the cost of `transfer_test`.

    Parameters
    ----------
    problem : Problem
        Checked inputs.
    source, target : ndarray of bool, shape (rows,)
        Disjoint domains.
    families : mapping of str to sequence of str
        Sets of descriptors.
    given : Series, shape (rows,), optional
        Category within which the order is scored a second time.
    n_splits, random_state : int
        Folds over target crystals, and seed.

    Returns
    -------
    TransferResult
        With a table of these rows only.
    """
    names = np.asarray(problem.group_names)[problem.groups]
    counts: dict[str, Any] = {
        "source": "source",
        "target": "target",
        "n_source": int(source.sum()),
        "n_target": int(target.sum()),
        "n_target_groups": len(set(names[target])),
        "n_shared_groups": len(set(names[source]) & set(names[target])),
    }
    domains = _domains(problem, source, target, given, n_splits, random_state)
    lack = _lack(source, target, names)
    if lack is not None:
        return TransferResult(possible=False, reason=too_few(*lack), **counts)
    if not domains.trainable(domains.source):
        return TransferResult(possible=False, reason=ONE_CLASS, **counts)
    scored = score_families(domains, families)
    return TransferResult(
        possible=True, reason="", table=scored, classifier=problem.classifier, given=domains.given_name, **counts
    )


def _mask(domain: str | ArrayLike, meta: pd.DataFrame | None, n: int) -> NDArray[np.bool_]:
    if not isinstance(domain, str):
        mask = np.asarray(domain, dtype=bool)
        if len(mask) != n:
            raise ModelInputError(f"a domain mask has {len(mask)} entries for {n} crystals")
        return mask
    if meta is None or len(meta) != n:
        raise ModelInputError(f"query {domain!r} needs meta with one row per crystal", remedy="pass meta=")
    try:
        return np.asarray(meta.eval(domain), dtype=bool)
    except Exception as error:  # pandas raises many types for a broken query
        raise ModelInputError(
            f"query {domain!r} failed: {error}", remedy=f"columns are {', '.join(map(str, meta.columns))}"
        ) from error


def _domains(
    problem: Problem,
    source: NDArray[np.bool_],
    target: NDArray[np.bool_],
    given: pd.Series | None,
    n_splits: int,
    random_state: int,
) -> Domains:
    values, name = (None, "") if given is None else (given.to_numpy(), str(given.name))
    return Domains(problem, np.flatnonzero(source), np.flatnonzero(target), n_splits, random_state, values, name)


def _lack(
    source: NDArray[np.bool_], target: NDArray[np.bool_], groups: NDArray[Any]
) -> tuple[Counted, int, int] | None:
    """Return what there is too little of for a test: what, how much there is, and how much is needed."""
    sizes: tuple[tuple[Counted, int, int], ...] = (
        ("source crystals", int(source.sum()), MIN_SOURCE),
        ("target crystals", int(target.sum()), MIN_TARGET),
        ("target groups", len(set(groups[target].tolist())), MIN_TARGET_GROUPS),
    )
    return next((size for size in sizes if size[1] < size[2]), None)


def _extras(
    domains: Domains, predictions: pd.DataFrame, defining: Sequence[str], *, progress: bool
) -> tuple[dict[str, Any], list[str]]:
    """Parts that go beyond the scores; each is left out with a note where the data do not allow it."""
    problem = domains.problem
    masks = np.zeros((2, len(problem.X)), dtype=bool)
    masks[0, domains.source] = masks[1, domains.target] = True
    parts: dict[str, Any] = {
        "learning_curve": lambda: adaptation.learning_curve(domains),
        "shift": lambda: descriptor_shift(problem.X, masks[0], masks[1]),
        "two_sample": lambda: two_sample_test(
            problem.X, masks[0], masks[1], problem.groups, defining=defining, random_state=domains.seed
        ),
        "ranking_shift": lambda: ranking_shift(domains, progress=progress),
        "adaptation": lambda: compare_adaptations(domains, predictions),
    }
    if not problem.classifier:
        held = predictions[f"source only, {HELD_OUT}"].to_numpy()
        parts["coverage_under_shift"] = lambda: adaptation.coverage_under_shift(domains, held)
    out, notes = {}, []
    for name, compute in parts.items():
        try:
            out[name] = compute()
        except PerovexError as error:
            notes.append(f"{name}: {error}")
    return out, notes
