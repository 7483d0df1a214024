"""How fast a screen is: molecules a second by rung (a), crystals a second by rung (b), memory, one and two processes.

    python benchmarks/screen.py                    10,000 molecules, ten crystals
    python benchmarks/screen.py --molecules 1e6    more molecules; pieces go to a temporary folder
    python benchmarks/screen.py --jobs 2           also with two processes
    python benchmarks/screen.py --scaling 3        only one process against two, three times; --write puts the table
                                                   into docs/screening.md

Seconds are those of the processor (``time.process_time``) for one process, so that other work on the machine counts
little, and of the clock for several. Molecules are put together from heads, linkers and tails, all different.

Two threads of one core share its parts, so that two processes are never twice as fast there: what two processes gain
that know nothing of each other and only start together is the most that a screen can gain. Measure it when nothing
else runs.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from itertools import islice, product
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perovex.building.compound import Compound
from perovex.descriptors.batch import describe_item
from perovex.prediction.built import build_and_describe, from_relatives
from perovex.screening import Question, screen
from perovex.screening.cations import read_cation
from perovex.screening.chunks import models_of, screen_chunk
from perovex.screening.features import crossed
from perovex.screening.formability import judge_many
from perovex.screening.library import GROUPS, HEADS, LINKERS
from perovex.screening.model import predict_features
from perovex.screening.reading import Entry

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

PAGE = Path(__file__).resolve().parent.parent / "docs" / "screening.md"
MARKS = ("<!-- scaling -->", "<!-- end of scaling -->")
#: Spacer, metal, halide, n: all can be built from nothing.
CRYSTALS = (
    ("CCCC[NH3+]", "Pb", "I", 1), ("[NH3+]CCc1ccccc1", "Pb", "Br", 1), ("[NH3+]CCCC[NH3+]", "Pb", "I", 1),
    ("[NH3+]Cc1ccc(C[NH3+])cc1", "Pb", "I", 1), ("CCCC[NH3+]", "Sn", "Cl", 1), ("[NH3+]C1CCCCC1", "Pb", "I", 1),
    ("[NH3+]CC(F)F", "Pb", "Br", 1), ("[NH3+]CCCCCC[NH3+]", "Pb", "Br", 1), ("C[C@H]([NH3+])c1ccccc1", "Pb", "I", 1),
    ("[NH3+]Cc1cc[nH+]cc1", "Pb", "I", 1),
)  # fmt: skip
#: The same with a known relative of another metal, halide or n.
RELATED = (
    ("CCCC[NH3+]", "Sn", "I", 1), ("[NH3+]CCCC[NH3+]", "Sn", "I", 1), ("[NH3+]Cc1ccc(C[NH3+])cc1", "Sn", "Br", 1),
    ("CCCC[NH3+]", "Pb", "I", 2), ("[NH3+]C1CCCCC1", "Sn", "I", 1), ("[NH3+]CCCCCC[NH3+]", "Sn", "Br", 1),
    ("C[C@H]([NH3+])c1ccccc1", "Sn", "I", 1), ("[NH3+]CCCC[NH3+]", "Sn", "Br", 2),
    ("[NH3+]Cc1cc[nH+]cc1", "Sn", "I", 1),
)  # fmt: skip
PIECE = 2000
SCALING_PIECE, SCALING_MOLECULES = 500, 6000
WAYS = {
    "alone": "independent processes (the limit)",
    "local": "`--executor local --jobs`",
    "dask": "`--executor dask`, workers of one thread",
}


def molecules(count: int):
    """Phenyls with two linkers and two groups; enough for a million."""
    heads = [head for group in HEADS.values() for head in group]
    parts = product(LINKERS, LINKERS, GROUPS, GROUPS, heads, ("", "C", "CC", "CCC"))
    return islice((f"{h}{a}c1cc({g})c({f})cc1{b}{e}" for a, b, g, f, h, e in parts), count)


def parts_of_a_piece() -> None:
    """Say where the time of a piece goes."""
    question = Question()
    models_of(question)
    smiles = list(molecules(PIECE))
    screen_chunk([Entry(0, "", one) for one in smiles[:50]], question)  # warm: rules compiled, caches of the model made
    start = time.process_time()
    cations = [read_cation(one) for one in smiles]
    read = time.process_time()
    judge_many([c.smiles for c in cations], [c.key for c in cations])
    judged = time.process_time()
    _, features = crossed([c.smiles for c in cations], question.compositions)
    described = time.process_time()
    predict_features(features, models_of(question))
    end = time.process_time()
    for name, seconds in (
        ("read, canonical, one compound", read - start),
        ("formability", judged - read),
        ("descriptors", described - judged),
        ("predict three moduli, intervals, domain", end - described),
        ("all", end - start),
    ):
        print(f"  {name}: {1e6 * seconds / PIECE:.0f} microseconds a molecule ({PIECE / seconds:.0f}/s)")


def seconds(count: int, **options: Any) -> float:
    """Screen by the clock, into a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        screen(molecules(count), parts=Path(folder) / "parts", chunk=SCALING_PIECE, **options)
        return time.perf_counter() - start


def alone(count: int, together: Barrier, found: Any) -> None:
    """Screen as one of several processes that start at once."""
    seconds(SCALING_PIECE)
    together.wait()
    found.put(count / seconds(count))


def rate_alone(count: int, processes: int) -> float:
    """Molecules a second of several independent processes, summed."""
    context = get_context("spawn")
    together, found = context.Barrier(processes), context.Queue()
    running = [context.Process(target=alone, args=(count, together, found)) for _ in range(processes)]
    for one in running:
        one.start()
    rates = [found.get() for _ in running]
    for one in running:
        one.join()
    return sum(rates)


def rate_local(count: int, processes: int) -> float:
    """Molecules a second of one screen with processes of this machine."""
    seconds(2 * SCALING_PIECE * processes, n_jobs=processes)
    return count / seconds(count, n_jobs=processes)


def rate_dask(count: int, processes: int) -> float:
    """Molecules a second of one screen on a Dask cluster of this machine."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=processes, threads_per_worker=1, dashboard_address=None) as cluster:
        at = {"executor": "dask", "scheduler": cluster.scheduler_address}
        seconds(2 * SCALING_PIECE * processes, **at)
        return count / seconds(count, **at)


def scaling_table(rates: dict[str, dict[int, list[float]]]) -> str:
    """Write medians, gains, and gains as shares of that of independent processes.

    Parameters
    ----------
    rates : dict
        Way to number of processes to molecules a second, one of each repeat.
    """
    lines = ["| | one, molecules a second | two | gain | share of the limit |", "|---|---|---|---|---|"]
    gains = {way: [two / one for one, two in zip(of[1], of[2], strict=True)] for way, of in rates.items()}
    limit = statistics.median(gains["alone"])
    for way, of in rates.items():
        one, two, gain = (statistics.median(numbers) for numbers in (of[1], of[2], gains[way]))
        spread = f"{gain:.2f} ({min(gains[way]):.2f} to {max(gains[way]):.2f})"
        lines.append(f"| {WAYS[way]} | {one:,.0f} | {two:,.0f} | {spread} | {gain / limit:.0%} |")
    return "\n".join(lines)


def written(page: str, text: str) -> str:
    """Put a table between the marks of the page."""
    before, rest = page.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    return f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}"


def scaling(repeats: int) -> str:
    """Measure one process against two, all ways in turn."""
    rate = {"alone": rate_alone, "local": rate_local, "dask": rate_dask}
    rates: dict[str, dict[int, list[float]]] = {way: {1: [], 2: []} for way in rate}
    for _ in range(repeats):
        for way, of in rates.items():
            for processes in (1, 2):
                of[processes].append(rate[way](SCALING_MOLECULES, processes))
                print(f"{way}, {processes}: {of[processes][-1]:.0f} molecules a second", flush=True)
    return scaling_table(rates)


def crystals(count: int) -> None:
    """Say how many crystals are built and described in a second, from nothing and from known relatives."""
    new = [Compound.read(*parts) for parts in CRYSTALS[:count]]
    related = [Compound.read(*parts) for parts in RELATED[:count]]
    build_and_describe(new[0], 0)
    from_relatives(related[0])
    start = time.process_time()
    for compound in new:
        build_and_describe(compound, 0)
    middle = time.process_time()
    for compound in related:
        describe_item(from_relatives(compound))
    end = time.process_time()
    for name, seconds_taken, made in (("nothing", middle - start, new), ("a known relative", end - middle, related)):
        print(f"rung (b) from {name}: {len(made) / seconds_taken:.2f} crystals a second of the processor")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--molecules", type=float, default=1e4)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--crystals", type=int, default=len(CRYSTALS))
    parser.add_argument("--scaling", type=int, default=0, metavar="REPEATS")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if given.scaling:
        text = scaling(given.scaling)
        print(text)
        if given.write:
            PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
        return
    print(f"rung (a), a piece of {PIECE}:")
    parts_of_a_piece()
    for jobs in sorted({1, given.jobs}):
        with tempfile.TemporaryDirectory() as folder:
            clock, processor = time.perf_counter(), time.process_time()
            result = screen(molecules(int(given.molecules)), parts=Path(folder) / "parts", n_jobs=jobs)
            clock, processor = time.perf_counter() - clock, time.process_time() - processor
            size = sum(path.stat().st_size for path in (Path(folder) / "parts").iterdir())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        count = result.counts["read"]
        print(
            f"whole screen, {jobs} process(es): {count} molecules, {result.counts['repeated']} repeats, "
            f"{count / clock:.0f}/s by the clock, {count / processor:.0f}/s of the processor, {size / count:.0f} bytes "
            f"a molecule on disk, at most {peak:.0f} MB"
        )
    if given.crystals:
        crystals(given.crystals)


if __name__ == "__main__":
    main()
