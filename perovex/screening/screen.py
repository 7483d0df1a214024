"""The screen: every spacer by rung (a) in pieces, the promising ones by rung (b), ranked, each with what is known."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from perovex._cluster import run_pieces
from perovex._progress import progress_bar
from perovex.building.compound import Compound
from perovex.errors import PerovexError
from perovex.prediction import from_relatives, predict_compounds
from perovex.screening.chunks import Question, chunk_bytes, is_mixed, models_of, never_seen
from perovex.screening.features import feature_table
from perovex.screening.formability import statement
from perovex.screening.goals import pareto
from perovex.screening.model import TARGETS, predict_features
from perovex.screening.options import Options
from perovex.screening.parts import Parts
from perovex.screening.reading import read_spacers
from perovex.screening.reducing import reduce_pieces
from perovex.screening.rungs import rung_of
from perovex.screening.words import (
    accuracy_in_words,
    built_rung,
    changes_in_words,
    nearest_known,
    networks_in_words,
    outside_in_words,
    rules_in_words,
    which_rung_ranks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from perovex.screening.goals import Goal
    from perovex.screening.reading import Entry

CHUNK: Final = 2000
#: Values of a compound as pieces hold them, and what says them in the table of hits, by what name.
_SAID: Final[dict[str, tuple[str, Callable[[Any], str]]]] = {
    "changes": ("notes", changes_in_words),
    "rules": ("rules_broken", rules_in_words),
    "networks": ("known_crystals", networks_in_words),
}
_NEAREST = 3


@dataclass(frozen=True)
class Screen:
    """Result of a screen.

    Attributes
    ----------
    hits : DataFrame
        Ranked compounds; ``rank`` from one.
    failures : DataFrame
        Spacers that were not screened: ``row``, ``name``, ``written``, ``error``, ``status`` (failed or repeat).
    unranked : DataFrame
        Spacers that were screened and not ranked, in the same columns (``status`` is not ranked), one row for each
        reason: the rules that are broken, or what the cation is known to form.
    counts : dict
        How many were read, screened, repeated, failed, and may form.
    statements : tuple of str
        The rung, its accuracy on held-out spacers, and how often the rules of formability are right.
    goal : Goal
    """

    hits: pd.DataFrame
    failures: pd.DataFrame
    unranked: pd.DataFrame
    counts: dict[str, int]
    statements: tuple[str, ...]
    goal: Goal

    def table(self) -> pd.DataFrame:
        """Return hits, then what was not ranked and failures, in one table with a column ``status``."""
        hits = self.hits.assign(status="hit", error="")
        parts = [part for part in (hits, self.unranked, self.failures) if len(part)] or [hits]
        return pd.concat(parts, ignore_index=True).set_index("row")

    def __repr__(self) -> str:
        counted = ", ".join(f"{value} {name}" for name, value in self.counts.items())
        return f"<Screen for {self.goal.kind}: {len(self.hits)} hits; {counted}>"


def screen(  # noqa: PLR0913 - what, how, and where
    source: str | Path | Iterable[str],
    question: Question | None = None,
    options: Options | None = None,
    *,
    parts: str | Path | None = None,
    executor: str = "local",
    scheduler: str | None = None,
    n_jobs: int = 1,
    chunk: int = CHUNK,
    progress: bool = False,
) -> Screen:
    """Screen spacers.

    Parameters
    ----------
    source : path, "-", "library" or iterable of str
        As `perovex.screening.reading.read_spacers` takes it.
    question : Question, optional
        Metals, halides, n and models; by default lead iodide with one sheet.
    options : Options, optional
        How to rank and refine; by default the hundred stiffest in the plane.
    parts : path, optional
        Folder in which pieces are kept, so that a stopped screen goes on where it was; it is kept afterwards, too. By
        default a temporary one.
    executor : {"local", "dask"}
    scheduler : str, optional
        Address of a Dask scheduler.
    n_jobs : int
        Processes of this machine.
    chunk : int
        Spacers in a piece.
    progress : bool, default False
        Show progress on standard error.

    Returns
    -------
    Screen

    Raises
    ------
    PerovexError
        The input cannot be read, the pieces belong to another screen, or a cluster cannot be reached.

    Examples
    --------
    >>> result = screen(["CCCC[NH3+]", "NCCc1ccccc1", "CCO"])
    >>> result.hits["smiles"].tolist(), result.failures["row"].tolist()
    (['CCCC[NH3+]', '[NH3+]CCc1ccccc1'], [3])
    """
    asked, wanted = question or Question(), options or Options()
    if chunk < 1:
        raise PerovexError(f"pieces of {chunk} spacers", remedy="give at least one")
    bundle = models_of(asked)
    entries = read_spacers(source)
    first = list(islice(entries, chunk))
    plan = {
        "question": asked.to_dict(),
        "models": bundle.manifest["checksum"],
        "chunk": chunk,
        "input": hashlib.sha256(repr(first).encode()).hexdigest(),
    }
    keeper = nullcontext(parts) if parts is not None else tempfile.TemporaryDirectory(prefix="perovex-screen-")
    with keeper as folder:
        store = Parts(Path(folder) if parts is not None else Path(folder) / "parts", plan)
        todo = ((n, piece) for n, piece in enumerate(_pieces(first, entries, chunk)) if not store.has(n))
        done = run_pieces(
            partial(chunk_bytes, question=asked), todo, executor=executor, scheduler=scheduler, n_jobs=n_jobs
        )
        for number, content in progress_bar(done, desc="screen", unit="piece", shown=progress):
            store.write(number, content)
        pool, failures, unranked, counts = reduce_pieces(store.tables(), wanted)
    hits = _choose(pool, wanted)
    hits = _explained(_said(hits), asked)
    if wanted.refine and len(hits):
        hits = _refined(hits, asked, wanted, n_jobs=n_jobs, progress=progress)
    return Screen(hits, failures, unranked, counts, _statements(asked, wanted), wanted.goal)


def _pieces(first: list[Entry], rest: Iterator[Entry], chunk: int) -> Iterator[list[Entry]]:
    while first:
        yield first
        first = list(islice(rest, chunk))


def _choose(pool: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Take the best, leaving out those too similar to a better one, and mark the Pareto front."""
    if not len(pool):
        return pool
    made = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=1024)
    taken: list[int] = []
    prints: list[Any] = []
    owners: list[str] = []
    similarity: list[float] = []
    for i, (smiles, key) in enumerate(pool[["smiles", "key"]].itertuples(index=False)):
        own = made.GetFingerprint(Chem.MolFromSmiles(smiles))
        others = [fingerprint for fingerprint, owner in zip(prints, owners, strict=True) if owner != key]
        nearest = max(DataStructs.BulkTanimotoSimilarity(own, others), default=0.0)
        if options.diverse < 1 and (nearest > options.diverse or key in owners):
            continue
        taken.append(i)
        prints.append(own)
        owners.append(key)
        similarity.append(round(float(nearest), 3))
        if len(taken) == options.top:
            break
    hits = pool.iloc[taken].reset_index(drop=True)
    hits.insert(0, "rank", np.arange(1, len(hits) + 1))
    hits["similarity_to_better"] = similarity
    signs = np.array(options.goal.pareto_signs())
    hits["pareto"] = pareto(hits[["E_in_plane", "E_out_of_plane"]].to_numpy(float) * signs)
    return hits


def _said(hits: pd.DataFrame) -> pd.DataFrame:
    """Put into words what was changed of a spacer, the rules that are broken, and known crystals."""
    if not len(hits):
        return hits
    words, names = {}, {}
    for column, (name, in_words) in _SAID.items():
        words[column] = [in_words(values) for values in hits[column]]
        names[column] = name
    return hits.assign(**words).rename(columns=names)


def _explained(hits: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Add to hits what is too slow for all: why a compound lies outside, and the nearest known crystals."""
    if not len(hits):
        return hits
    bundle = models_of(question)
    features = feature_table(hits)
    reasons = predict_features(features, bundle, reasons=True)["domain_reason"].to_numpy()
    new = never_seen(question)
    compositions = hits[["metal", "halide", "n"]].itertuples(index=False, name=None)
    hits["domain_reason"] = list(map(outside_in_words, map(new.get, compositions), reasons))
    distances = bundle.distances(features)
    spacers = {} if bundle.known is None else bundle.known.identity["smiles"].to_dict()
    named = []
    for _, row in distances.iterrows():
        nearest = row.nsmallest(_NEAREST)
        named.append(nearest_known((str(name), spacers.get(name, ""), value) for name, value in nearest.items()))
    hits["nearest_known"] = named
    hits["rung"] = "a"
    return hits


def _refined(hits: pd.DataFrame, question: Question, options: Options, *, n_jobs: int, progress: bool) -> pd.DataFrame:
    """Build some of the hits and predict them by rung (b); rank by it where it was measured to be better."""
    target = options.goal.target
    width = np.log(hits[f"{target}_upper"].to_numpy(float) / hits[f"{target}_lower"].to_numpy(float))
    order = np.arange(len(hits)) if options.refine_by == "best" else np.argsort(-width, kind="stable")
    chosen = np.sort(order[: options.refine])
    compounds: list[Compound | PerovexError] = []
    for smiles, metal, halide, n in hits.iloc[chosen][["smiles", "metal", "halide", "n"]].to_numpy():
        try:
            compounds.append(Compound.read(smiles, metal, halide, n, question.cage))
        except PerovexError as error:
            compounds.append(error)
    starts = [None if isinstance(one, PerovexError) else from_relatives(one) for one in compounds]
    relatives = ["" if crystal is None else crystal.properties["build"]["from"] for crystal in starts]
    built = predict_compounds(
        compounds, start="same_spacer", moduli=question.moduli, n_builds=options.n_builds, n_jobs=n_jobs,
        progress=progress,
    )  # fmt: skip
    for name in TARGETS:
        for column in (name, f"{name}_lower", f"{name}_upper"):
            hits[f"built_{column}"] = np.nan
            hits.loc[chosen, f"built_{column}"] = built[column].to_numpy(float)
    hits["built_error"] = ""
    hits.loc[chosen, "built_error"] = built["error"].to_numpy()
    hits["built_rung"] = ""
    hits.loc[chosen, "built_rung"] = [built_rung(relative) for relative in relatives]
    inside = hits["in_domain"].to_numpy(bool)
    trusted = np.where(inside, best_rung(question, target) == "b", best_rung(question, target, like=True) == "b")
    # what was compared with rung (a) were crystals built from nothing
    from_nothing = np.zeros(len(hits), dtype=bool)
    from_nothing[chosen] = [not relative for relative in relatives]
    trusted &= from_nothing
    by_b = hits[f"built_{target}"].notna().to_numpy() & trusted & ~hits["halide"].map(is_mixed).to_numpy(bool)
    if not by_b.any():
        return hits
    hits.loc[by_b, "rung"] = "b"
    renamed = hits.loc[by_b, [f"built_{name}" for name in TARGETS]].set_axis(list(TARGETS), axis=1)
    hits.loc[by_b, "score"] = options.goal.score(renamed)
    ranked = hits.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    ranked["rank"] = np.arange(1, len(ranked) + 1)
    return ranked


def best_rung(question: Question, target: str, *, like: bool = False) -> str:
    """Return which rung was better on held-out spacers: ``"b"`` only where that was measured, beyond doubt.

    Parameters
    ----------
    question : Question
    target : str
    like : bool
        On clusters of like spacers held out together, which is what compounds outside the domain resemble.
    """
    measured = models_of(question).manifest.get("rungs", {}).get(target, {})
    return str((measured.get("like spacers", {}) if like else measured).get("best", "a"))


def _statements(question: Question, options: Options) -> tuple[str, ...]:
    bundle = models_of(question)
    rung = rung_of(bundle)
    target = options.goal.target
    return (
        rung.sentence(target),
        *accuracy_in_words(rung.accuracy.get(target, {})),
        which_rung_ranks(bundle.manifest.get("rungs", {}).get(target)),
        statement(),
    )
