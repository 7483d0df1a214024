"""Whether a model of one domain (single-layer crystals, say) carries over to another (multilayer)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from perovex.errors import ModelInputError, PerovexError
from perovex.explain import adaptation
from perovex.explain._inputs import check_problem
from perovex.explain._output import json_safe, table_html
from perovex.explain._strategies import HELD_OUT, MODELS, SAME, VARIANTS, Domains, source_only
from perovex.explain.bootstrap import group_mean_interval
from perovex.explain.domain_shift import descriptor_shift, two_sample_test
from perovex.explain.ranking_shift import ranking_shift
from perovex.explain.skill import auc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

MIN_SOURCE, MIN_TARGET, MIN_TARGET_GROUPS = 8, 5, 2
ALL = "all"


@dataclass(frozen=True, eq=False)
class TransferResult:
    """Outcome of a transfer test; look at `possible` first.

    Attributes
    ----------
    possible : bool
        Whether the data allow the test.
    reason : str
        Why not, in words; empty where they do.
    source, target : str
        The two domains in words.
    n_source, n_target, n_source_groups, n_target_groups, n_shared_groups : int
        Sample sizes; shared groups occur in both domains.
    table : DataFrame
        One row per variant, model and family, all scored on the same target rows: ``loss`` (mean absolute
        error in the unit of the target, or negative log-likelihood in nats) with interval, ``gain`` (loss of
        the better mean baseline minus the model's, positive is better) with interval, ``spearman`` or
        ``auc``, ``n_predicted``.
    predictions : DataFrame
        Target rows: ``y`` and one column per variant and model with all descriptors.
    learning_curve, shift, ranking_shift : DataFrame
        Target groups added to the source; shift of descriptors; shift of SHAP shares.
    two_sample : dict
        Classifier two-sample test.
    coverage_under_shift : dict
        Coverage of intervals calibrated on the source (regression).
    classifier : bool
        Whether the estimator classifies.
    notes : list of str
        Parts that the data did not allow, with reasons.
    """

    possible: bool
    reason: str
    source: str
    target: str
    n_source: int
    n_target: int
    n_source_groups: int = 0
    n_target_groups: int = 0
    n_shared_groups: int = 0
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    learning_curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    shift: pd.DataFrame = field(default_factory=pd.DataFrame)
    ranking_shift: pd.DataFrame = field(default_factory=pd.DataFrame)
    two_sample: dict[str, Any] = field(default_factory=dict)
    coverage_under_shift: dict[str, Any] = field(default_factory=dict)
    classifier: bool = False
    notes: list[str] = field(default_factory=list)

    def row(self, model: str, *, family: str = ALL, variant: str = HELD_OUT) -> pd.Series | None:
        """Return one row of the table, or None where it was not computed."""
        if not len(self.table):
            return None
        t = self.table
        chosen = t[(t["model"] == model) & (t["family"] == family) & (t["variant"] == variant)]
        return chosen.iloc[0] if len(chosen) else None

    def sentence(self) -> str:
        """Return the outcome in words."""
        head = f"Transfer from {self.source} ({self.n_source} crystals) to {self.target} ({self.n_target})"
        if not self.possible:
            return f"{head} cannot be tested: {self.reason}."
        row = self.row("source only")
        if row is None or not np.isfinite(row["gain"]):
            return f"{head}: no source model could be fitted with the spacer held out."
        name = "log loss" if self.classifier else "mean absolute error"
        verdict = "beats" if row["gain_lower"] > 0 else "loses to" if row["gain_upper"] < 0 else "cannot be told from"
        return (
            f"{head}: with the spacer held out, the source model {verdict} the better mean baseline "
            f"({name} {row['loss']:.2f}; gain {row['gain']:.2f}, "
            f"{row['gain_lower']:.2f} to {row['gain_upper']:.2f})."
        )

    def crystals_to_close_gap(self, *, fraction: float = 0.9) -> float:
        """Target crystals after which `fraction` of the gap between source-only and pooled is closed.

        0 where there is no gap, all target crystals where the learning curve does not get there, NaN where a
        model is missing.
        """
        first, last = self.row("source only"), self.row("pooled")
        if first is None or last is None or not first["loss"] > last["loss"]:
            return 0.0 if first is not None and last is not None else float("nan")
        wanted = first["loss"] - fraction * (first["loss"] - last["loss"])
        if not len(self.learning_curve):
            return float(self.n_target)
        reached = self.learning_curve[self.learning_curve["loss"] <= wanted]
        return float(reached["n_target_crystals"].iloc[0]) if len(reached) else float(self.n_target)

    def to_frame(self) -> pd.DataFrame:
        """Return the table."""
        return self.table

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        out: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                *("possible", "reason", "source", "target", "n_source", "n_target", "n_source_groups"),
                *("n_target_groups", "n_shared_groups", "two_sample", "coverage_under_shift", "notes"),
            )
        }
        out["sentence"] = self.sentence()
        out["table"] = self.table.to_dict(orient="records")
        out["predictions"] = self.predictions.to_dict(orient="index")
        out["learning_curve"] = self.learning_curve.to_dict(orient="records")
        out["crystals_to_close_gap"] = self.crystals_to_close_gap()
        out["descriptor_shift"] = self.shift.to_dict(orient="index")
        out["ranking_shift"] = self.ranking_shift.to_dict(orient="index")
        safe: dict[str, Any] = json_safe(out)
        return safe

    def to_json(self, *, indent: int | None = None) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def _repr_html_(self) -> str:
        if not self.possible:
            return f"<p>{self.sentence()}</p>"
        return table_html(self.table, self.sentence(), rows=40)


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
    n_splits: int = 5,
    random_state: int = 0,
    full: bool = True,
    progress: bool = True,
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
        scikit-learn estimator with a tree model inside.
    meta : DataFrame, shape (rows, ...), optional
        Columns for the queries.
    families : mapping of str to sequence of str, optional
        Sets of descriptors to test alone.
    primary : sequence of str
        Families for which all models are fitted in both variants; others get the source-only model with the
        spacer held out.
    n_splits : int
        Folds over target crystals.
    random_state : int
        Seed.
    full : bool
        Also compute adaptation, learning curve, interval coverage, shift of descriptors and of SHAP shares.
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
    names = tuple(d if isinstance(d, str) else word for d, word in ((source, "source"), (target, "target")))
    first, second = (_mask(d, meta, len(X)) for d in (source, target))
    if (first & second).any():
        raise ModelInputError("source and target overlap", remedy="choose disjoint domains")
    counts: dict[str, Any] = {
        "source": names[0],
        "target": names[1],
        "n_source": int(first.sum()),
        "n_target": int(second.sum()),
    }
    reason = _too_few(first, second, np.asarray(groups))
    if reason:
        return TransferResult(possible=False, reason=reason, **counts)
    used = np.flatnonzero(first | second)
    try:
        problem = check_problem(estimator, X.iloc[used], np.asarray(y)[used], np.asarray(groups)[used])
    except ModelInputError as error:
        return TransferResult(possible=False, reason=error.cause, **counts)
    domains = Domains(problem, np.flatnonzero(first[used]), np.flatnonzero(second[used]), n_splits, random_state)
    if not domains.trainable(domains.source):
        return TransferResult(possible=False, reason="the source holds one class only", **counts)
    table, predictions = _score_all(domains, families or {}, tuple(primary), full=full, progress=progress)
    extra, notes = _extras(domains, predictions, progress=progress) if full else ({}, [])
    if full and "source only, weighted" not in set(table["model"]):
        notes.append("importance weighting: the estimator takes no sample_weight")
    source_groups, target_groups = (set(problem.groups[r]) for r in (domains.source, domains.target))
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
        notes=notes,
        **extra,
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


def _too_few(source: NDArray[np.bool_], target: NDArray[np.bool_], groups: NDArray[Any]) -> str:
    """Why the test is impossible, or nothing."""
    if source.sum() < MIN_SOURCE:
        return f"{int(source.sum())} source crystals, at least {MIN_SOURCE} are needed"
    if target.sum() < MIN_TARGET:
        return f"{int(target.sum())} target crystals, at least {MIN_TARGET} are needed"
    n = len(set(groups[target].tolist()))
    if n < MIN_TARGET_GROUPS:
        return f"the target crystals belong to {n} group, at least {MIN_TARGET_GROUPS} are needed"
    return ""


def _score_all(
    domains: Domains,
    families: Mapping[str, Sequence[str]],
    primary: tuple[str, ...],
    *,
    full: bool,
    progress: bool,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    known = {f: [c for c in members if c in domains.problem.X.columns] for f, members in families.items()}
    plan: list[tuple[str, str, str]] = [(v, m, ALL) for v in VARIANTS for m in MODELS]
    for family, members in known.items():
        if members and family in primary:
            plan += [(v, m, family) for v in VARIANTS for m in MODELS]
        elif members:
            plan.append((HELD_OUT, "source only", family))
    y = domains.problem.y.to_numpy(dtype=float)[domains.target]
    predictions = pd.DataFrame({"y": y}, index=domains.problem.X.index[domains.target])
    baselines = {variant: domains.means(variant) for variant in VARIANTS}
    rows = []
    for variant, model, family in tqdm(plan, desc="transfer", disable=not progress, leave=False):
        columns = None if family == ALL else known[family]
        found = domains.predict(variant, MODELS[model], columns=columns)
        rows.append(_score(domains, variant, model, family, found, baselines[variant]))
        if family == ALL:
            predictions[f"{model}, {variant}"] = found
    for variant in VARIANTS:
        for name, found in baselines[variant].items():
            rows.append(_score(domains, variant, name, "", found, baselines[variant]))
            predictions[f"{name}, {variant}"] = found
    if full:
        plain = predictions[f"source only, {HELD_OUT}"].to_numpy()
        corrected = adaptation.residual_corrected(domains, HELD_OUT, plain)
        rows.append(_score(domains, HELD_OUT, "source only, residual corrected", ALL, corrected, baselines[HELD_OUT]))
        weighted = _weighted(domains)
        if weighted is not None:
            rows.append(_score(domains, HELD_OUT, "source only, weighted", ALL, weighted, baselines[HELD_OUT]))
    return pd.DataFrame(rows), predictions


def _weighted(domains: Domains) -> NDArray[np.float64] | None:
    try:
        return adaptation.importance_weighted(domains, HELD_OUT)
    except TypeError:  # the estimator does not take sample_weight
        return None


def _score(
    domains: Domains,
    variant: str,
    model: str,
    family: str,
    prediction: NDArray[np.float64],
    baselines: Mapping[str, NDArray[np.float64]],
) -> dict[str, Any]:
    """Score one prediction; the gain is paired with the better of the two mean baselines."""
    row: dict[str, Any] = {"variant": variant, "model": model, "family": family}
    losses = {name: domains.loss(p) for name, p in baselines.items() if name.endswith("mean")}
    loss = domains.loss(prediction)
    known = np.isfinite(loss) & np.all([np.isfinite(v) for v in losses.values()], axis=0)
    row["n_predicted"] = int(known.sum())
    keys = ("loss", "loss_lower", "loss_upper", "gain", "gain_lower", "gain_upper")
    score = "auc" if domains.problem.classifier else "spearman"
    if not known.any():
        return row | dict.fromkeys((*keys, score), float("nan"))
    codes = pd.factorize(domains.problem.groups[domains.target][known])[0].astype(np.int64)
    best = min(losses.values(), key=lambda v: v[known].mean())
    values = [
        *group_mean_interval(loss[None, known], codes),
        *group_mean_interval((best - loss)[None, known], codes),
    ]
    row |= dict(zip(keys, values, strict=True))
    y = domains.problem.y.to_numpy(dtype=float)[domains.target][known]
    if domains.problem.classifier:
        row[score] = auc(y, prediction[known])
    else:
        constant = np.ptp(prediction[known]) == 0 or np.ptp(y) == 0
        row[score] = float("nan") if constant else float(pd.Series(y).corr(pd.Series(prediction[known]), "spearman"))
    return row


def _extras(domains: Domains, predictions: pd.DataFrame, *, progress: bool) -> tuple[dict[str, Any], list[str]]:
    """Parts that go beyond the scores; each is left out with a note where the data do not allow it."""
    problem = domains.problem
    masks = np.zeros((2, len(problem.X)), dtype=bool)
    masks[0, domains.source] = masks[1, domains.target] = True
    parts: dict[str, Any] = {
        "learning_curve": lambda: adaptation.learning_curve(domains),
        "shift": lambda: descriptor_shift(problem.X, masks[0], masks[1]),
        "two_sample": lambda: two_sample_test(problem.X, masks[0], masks[1], problem.groups, random_state=domains.seed),
        "ranking_shift": lambda: ranking_shift(domains, progress=progress),
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


__all__ = ["ALL", "HELD_OUT", "SAME", "TransferResult", "source_only", "transfer_test"]
