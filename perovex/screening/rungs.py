"""The rungs of the ladder from a molecule to a label, and how good each was on spacers that it had not seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from perovex.learn import metrics
from perovex.screening.words import RUNGS, rung_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.learn import Evaluation, ModelBundle

_SCORES = ("MAE", "R2", "Spearman")
_SMALLEST_CELL = 8  # compounds of one halide and n, to rank among
_MODELS = ("model", "mean", "nearest neighbour", "linear")


@dataclass(frozen=True)
class Rung:
    """A rung with its measured accuracy.

    Attributes
    ----------
    letter : {"a", "b", "c"}
    accuracy : dict
        By target: ``MAE`` (GPa), ``R2``, ``Spearman``, each ``[value, lower, upper]`` on held-out spacers, and more as
        `accuracy_of` tells.
    """

    letter: str
    accuracy: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """What it takes, in words."""
        return RUNGS[self.letter]

    def sentence(self, target: str) -> str:
        """Say how good it was on held-out spacers.

        Parameters
        ----------
        target : str

        Examples
        --------
        >>> measured = {"MAE": [1.9, 1.7, 2.1], "mean MAE": [2.4, 2.1, 2.7], "R2": [0.3, 0.2, 0.4], "n_groups": 93}
        >>> Rung("a", {"E_vrh": measured}).sentence("E_vrh")
        'rung (a), molecule and composition: mean absolute error 1.9 GPa [1.7, 2.1] on 93 held-out spacers (always the
        mean: 2.4), R2 0.3 [0.2, 0.4]'
        """
        return rung_in_words(self.letter, self.accuracy.get(target))


def rung_of(bundle: ModelBundle) -> Rung:
    """Return the rung that models stand on.

    Parameters
    ----------
    bundle : ModelBundle

    Examples
    --------
    >>> from perovex.screening import molecule_models
    >>> rung_of(molecule_models()).name
    'molecule and composition'
    """
    return Rung(str(bundle.manifest.get("rung", "b")), bundle.manifest.get("accuracy", {}))


def accuracy_of(evaluation: Evaluation) -> dict[str, Any]:
    """Return the scores that go with every prediction.

    Parameters
    ----------
    evaluation : Evaluation
        On spacers held out, with baselines, intervals, and clusters of like spacers left out.

    Returns
    -------
    dict
        ``MAE``, ``R2``, ``Spearman`` of the model, and with the name of each baseline before them, as [value, lower,
        upper]; the same with ``like spacers`` before them for clusters of like spacers held out together;
        ``coverage`` of the intervals; ``n_rows``, ``n_groups``.
    """
    scores = evaluation.scores.set_index(["model", "metric"])
    told: dict[str, Any] = {}
    for model in _MODELS:
        prefix = "" if model == "model" else f"{model} "
        for metric in _SCORES:
            if (model, metric) in scores.index:
                told[f"{prefix}{metric}"] = _triple(scores.loc[(model, metric), ["value", "lower", "upper"]])
    like = evaluation.left_out
    if len(like):
        whole = like[like["value"] == "all"].set_index(["model", "metric"])
        for model, metric in whole.index:
            if metric in _SCORES:
                prefix = "like spacers " if model == "model" else f"like spacers {model} "
                told[f"{prefix}{metric}"] = _triple(whole.loc[(model, metric), ["score", "lower", "upper"]])
    coverage = evaluation.coverage_table()
    told["coverage"] = _triple(coverage.iloc[0][["coverage", "lower", "upper"]])
    told["coverage asked"] = float(evaluation.settings["coverage"])
    return told | {"n_rows": evaluation.settings["n_rows"], "n_groups": evaluation.settings["n_groups"]}


def _triple(row: Any) -> list[float]:
    return [float(value) for value in row]


def within_compositions(evaluation: Evaluation, meta: pd.DataFrame) -> dict[str, Any]:
    """Return how well spacers are ranked where halide and n are the same: what choosing a spacer asks for.

    Parameters
    ----------
    evaluation : Evaluation
    meta : DataFrame
        Rows of the table that was validated, with ``halide`` and ``n_layers``.

    Returns
    -------
    dict
        ``within`` of [Spearman, lower, upper]: the mean over cells of one halide and n with at least eight compounds,
        weighted by their number, 95 % interval over spacers; ``within compounds``.
    """
    table = evaluation.out_of_fold()
    rows = meta.loc[table.index]
    cell = rows["halide"].astype(str).to_numpy() + rows["n_layers"].astype(str).to_numpy()
    frame = table[["truth", "prediction", "group"]].reset_index(drop=True).assign(cell=cell)
    codes, names = pd.factorize(frame["group"])
    counts = metrics.bootstrap_counts(len(names), 400, 0)
    value, used = _within(frame, np.ones(len(frame), dtype=int))
    drawn = np.array([_within(frame, weights[codes])[0] for weights in counts])
    lower, upper = np.nanpercentile(drawn, [2.5, 97.5])
    return {"within": [value, float(lower), float(upper)], "within compounds": used}


def _within(frame: pd.DataFrame, weights: np.ndarray) -> tuple[float, int]:
    """Mean rank correlation over cells, each row counted so often."""
    drawn = frame.loc[frame.index.repeat(weights.astype(int))]
    total, used = 0.0, 0
    for _, cell in drawn.groupby("cell"):
        if len(cell) < _SMALLEST_CELL or cell["prediction"].nunique() < 2:
            continue
        total += float(spearmanr(cell["truth"], cell["prediction"])[0]) * len(cell)
        used += len(cell)
    return (total / used if used else float("nan")), used
