"""Compounds whose labels would help most."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from perovex.errors import PerovexError
from perovex.screening.acquisition import choose, claim_gain, expected_improvement
from perovex.screening.campaign import scale
from perovex.screening.chunks import Question, models_of, screen_chunk
from perovex.screening.features import FEATURES, feature_table
from perovex.screening.formability import FORMABLE
from perovex.screening.reading import read_spacers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CHUNK: Final = 2000
_POOL: Final = 2000  # candidates that are compared with each other; of more, those of largest gain


def suggest(  # noqa: C901 - what is asked of candidates
    source: str | Path | Iterable[str] = "library",
    question: Question | None = None,
    *,
    k: int = 10,
    by: str = "uncertainty",
    target: str = "E_in_plane",
    soft: bool = False,
    descriptor: str = "stei_head",
    any_formability: bool = False,
) -> pd.DataFrame:
    """Suggest which compounds to label next.

    Parameters
    ----------
    source : path, "-", "library" or iterable of str
        Candidates.
    question : Question, optional
        Metals, halides and n.
    k : int
        Compounds, each of another spacer.
    by : {"improvement", "uncertainty", "diversity", "claim"}
        Expected improvement on the stiffest (or softest) label known of such a composition; standard deviation of the
        label; distance to all that is labelled and chosen; or what a label tells about the slope along `descriptor`,
        on which an open claim depends.
    target : str
        Modulus.
    soft : bool
        Whether soft is better.
    descriptor : str
        Column of rung (a).
    any_formability : bool
        Suggest also cations that break a rule of formability.

    Returns
    -------
    DataFrame
        ``smiles``, ``metal``, ``halide``, ``n``, ``formability``, the prediction with its interval, and ``gain`` (log
        of GPa for improvement and uncertainty, a distance in standard deviations for diversity).

    Raises
    ------
    PerovexError
        Nothing to choose from, or an unknown acquisition, modulus or descriptor.

    Examples
    --------
    >>> chosen = suggest(["CCCC[NH3+]", "[NH3+]CCCCCCCCCC[NH3+]"], k=1)
    >>> len(chosen), bool(chosen["gain"].iloc[0] > 0)
    (1, True)
    """
    asked = question or Question()
    bundle = models_of(asked)
    if target not in bundle.regressors:
        raise PerovexError(f"unknown modulus {target!r}", remedy=f"use one of {', '.join(bundle.regressors)}")
    if descriptor not in FEATURES:
        raise PerovexError(f"no descriptor {descriptor!r}", remedy=f"use one of {', '.join(FEATURES)}")
    if k < 1:
        raise PerovexError(f"{k} suggestions", remedy="ask for at least one")
    model, known = bundle.regressors[target], bundle.known
    assert known is not None
    labels = known.moduli[target].to_numpy(float)
    same = known.identity["halide"].isin(asked.halides).to_numpy() & known.identity["n"].isin(asked.layers).to_numpy()
    among = labels[same] if same.any() else labels
    best, sign = float(among.max()), 1.0
    if soft:
        best, sign = float(among.min()), -1.0
    pool = pd.DataFrame()
    entries = read_spacers(source)
    while piece := list(islice(entries, _CHUNK)):
        table = screen_chunk(piece, asked)
        table = table[~table["failed"].astype(bool)]
        if not any_formability and len(table):
            table = table[table["formability"].isin(FORMABLE)]
        if table.empty:
            continue
        features = feature_table(table)
        centre, deviation = model.centre_and_deviation(features)
        if by == "improvement":
            gain = expected_improvement(sign * centre, deviation, sign * np.log(best))
        elif by == "claim":
            gain = claim_gain(known.X[descriptor].to_numpy(float), deviation, features[descriptor].to_numpy(float))
        else:
            gain = deviation
        described = pd.concat([table.assign(gain=gain), features], axis=1)
        pool = pd.concat([pool, described], ignore_index=True)
        pool = pool.sort_values(["gain", "row"], ascending=[False, True]).drop_duplicates("key").head(_POOL)
    if pool.empty:
        raise PerovexError("nothing to choose from", remedy="give spacers that may form, or --any")
    pool = pool.reset_index(drop=True)
    features = pool[list(FEATURES)]
    picked = choose(
        by, model, known.X[list(FEATURES)], features, k, best=best, sign=sign, descriptor=descriptor,
        scaled=lambda table: scale(table, bundle.domain),
    )  # fmt: skip
    chosen = pool.iloc[picked].reset_index(drop=True)
    if by == "diversity":
        chosen["gain"] = bundle.distances(chosen[list(FEATURES)]).min(axis=1).to_numpy()
    columns = ["smiles", "metal", "halide", "n", "formability", target, f"{target}_lower", f"{target}_upper", "gain"]
    return chosen[[*columns, "in_domain", "row", "name"]].assign(by=by)
