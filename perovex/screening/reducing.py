"""From the pieces of a screen to the best compounds, and to the reasons of all others."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import pandas as pd

from perovex.screening.formability import FORMABLE
from perovex.screening.words import OUTSIDE, left_out, repeat, rules_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perovex.screening.options import Options

#: Times the hits asked for are kept while pieces are read: what diversity and refinement choose from.
POOL: Final = 20


def reduce_pieces(
    tables: Iterator[pd.DataFrame], options: Options
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """Read the pieces of a screen once: drop repeats, keep the best compounds.

    Parameters
    ----------
    tables : iterator of DataFrame
        As `perovex.screening.chunks.screen_chunk` makes them.
    options : Options
        What is ranked, and by what.

    Returns
    -------
    pool : DataFrame
        Compounds of the largest scores, `POOL` times the hits that are asked for.
    failures : DataFrame
        Rows that cannot be screened or repeat another, each with its reason.
    unranked : DataFrame
        Spacers that are not ranked, a row for each reason.
    counts : dict
        See `Screen`.
    """
    seen: dict[int, int] = {}
    pool, failures, unranked = pd.DataFrame(), [], []
    counts = dict.fromkeys(("read", "screened", "repeated", "failed", "compounds", "may form"), 0)
    for table in tables:
        counts["read"] += table["row"].nunique()
        bad = table["failed"].astype(bool)
        counts["failed"] += int(bad.sum())
        failures.append(table.loc[bad, ["row", "name", "written", "error"]].assign(status="failed"))
        sound = table[~bad].drop(columns="failed")
        if sound.empty:
            continue
        repeated = _repeats(sound, seen)
        counts["repeated"] += len(repeated)
        failures.append(repeated.assign(status="repeat"))
        sound = sound[~sound["row"].isin(repeated["row"])]
        counts["screened"] += sound["row"].nunique()
        counts["compounds"] += len(sound)
        formable = sound["formability"].isin(FORMABLE)
        counts["may form"] += int(formable.sum())
        eligible = sound if options.any_formability else sound[formable]
        if not options.any_formability:
            unranked.append(_left_out(sound, ~formable, _against(sound[~formable])))
        if options.inside:
            inside = eligible["in_domain"].astype(bool)
            unranked.append(_left_out(eligible, ~inside, pd.Series(OUTSIDE, eligible.index[~inside])))
            eligible = eligible[inside]
        if len(eligible):
            eligible = eligible.assign(score=options.goal.score(eligible))
            pool = pd.concat([pool, eligible], ignore_index=True)
            pool = best_rows(pool, options.top * POOL)
    return pool, _stacked(failures), _stacked(unranked), counts


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return what was told piece by piece in the order of the input."""
    empty = pd.DataFrame(columns=["row", "name", "written", "error", "status"])
    told = pd.concat([part for part in parts if len(part)] or [empty], ignore_index=True)
    return told.sort_values("row", kind="stable", ignore_index=True)


def _against(table: pd.DataFrame) -> pd.Series:
    """Say what speaks against compounds: the rules that they break, else what the cation is known to form."""
    broken = table["rules"].map(len) > 0
    return table["formability"].mask(broken, table["rules"].map(rules_in_words))


def _left_out(table: pd.DataFrame, chosen: pd.Series, reasons: pd.Series) -> pd.DataFrame:
    """Return one row for each spacer and reason; compositions are named where others of the spacer are ranked.

    Reasons are those of the chosen rows. What reads the same is one row.
    """
    columns = ["row", "name", "written"]
    left = table.loc[chosen, [*columns, "metal", "halide", "n"]].assign(error=reasons)
    if left.empty:
        return pd.DataFrame(columns=[*columns, "error", "status"])
    told = left.drop_duplicates(["row", "error"])[[*columns, "error"]].copy()
    in_part = left["row"].isin(table.loc[~chosen, "row"])
    compositions: dict[tuple[int, str], list[tuple[str, str, float]]] = {}
    for row, reason, metal, halide, n in left.loc[in_part, ["row", "error", "metal", "halide", "n"]].to_numpy():
        compositions.setdefault((row, reason), []).append((metal, halide, n))
    pairs = told[["row", "error"]].to_numpy()
    errors = [left_out(compositions.get((row, reason), []), reason) for row, reason in pairs]
    return told.assign(error=errors, status="not ranked")


def _repeats(sound: pd.DataFrame, seen: dict[int, int]) -> pd.DataFrame:
    """Return rows whose compound was there before, and remember the others by 8 bytes each."""
    lines = []
    for row, name, written, key in sound.drop_duplicates("row")[["row", "name", "written", "key"]].itertuples(
        index=False
    ):
        code = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())
        if code in seen:
            lines.append((row, name, written, repeat(seen[code])))
        else:
            seen[code] = row
    return pd.DataFrame(lines, columns=["row", "name", "written", "error"])


def best_rows(pool: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the rows of largest score; ties go to the earlier row."""
    ranked = pool.sort_values(
        ["score", "row", "metal", "halide", "n"], ascending=[False, True, True, True, True], kind="stable"
    )
    return ranked.head(count).reset_index(drop=True)
