"""How fast a screen is: molecules a second by rung (a), crystals a second by rung (b), memory, one and two processes.

    python benchmarks/screen.py                    10,000 molecules, four crystals
    python benchmarks/screen.py --molecules 1e6    more molecules; pieces go to a temporary folder
    python benchmarks/screen.py --jobs 2           also with two processes

Seconds are those of the processor (``time.process_time``) for one process, so that other work on the machine counts
little, and of the clock for several. Molecules are put together from heads, linkers and tails, all different.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from itertools import islice, product
from pathlib import Path

from perovex.building.compound import Compound
from perovex.prediction.built import build_and_describe
from perovex.screening import Question, screen
from perovex.screening.cations import read_cation
from perovex.screening.chunks import models_of, screen_chunk
from perovex.screening.features import crossed
from perovex.screening.formability import judge_many
from perovex.screening.library import GROUPS, HEADS, LINKERS
from perovex.screening.model import predict_features
from perovex.screening.reading import Entry

CRYSTALS = ("CCCC[NH3+]", "[NH3+]CCc1ccccc1", "[NH3+]CCCC[NH3+]", "[NH3+]Cc1ccc(C[NH3+])cc1")
PIECE = 2000


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--molecules", type=float, default=1e4)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--crystals", type=int, default=len(CRYSTALS))
    given = parser.parse_args()
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
    start = time.process_time()
    for smiles in CRYSTALS[: given.crystals]:
        build_and_describe(Compound.read(smiles), 0)
    if given.crystals:
        seconds = time.process_time() - start
        print(f"rung (b): {given.crystals / seconds:.2f} crystals a second of the processor")


if __name__ == "__main__":
    main()
