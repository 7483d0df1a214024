"""Damage structure files at random: each must give a crystal or a typed error that names the file, and soon.

One file in four is damaged byte by byte, which mostly ends in the reader; in the others the crystal itself is
injured (`injuries`), which mostly reaches perception.

Usage: python tests/crystal/fuzz.py [--cases 10000] [--seed 0]

The process may use `MEMORY` of address space above what it started with and `SECONDS` per file; a crash, a hang,
a memory bomb or an untyped error ends the run, leaves the file behind and exits with status 1.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from io import StringIO
from pathlib import Path

import ase.io
from injuries import injured
from pymatgen.io.ase import AseAtomsAdaptor
from tqdm import tqdm

from perovex import errors
from perovex.crystal.examples import cubic, layered
from perovex.descriptors import HOIPFeaturizer
from perovex.errors import PerceptionError

SECONDS, MEMORY = 20.0, 2_000_000_000
TOKENS = [
    *(b"", b"-", b"1e308", b"nan", b"inf", b"99999999", b"0", b"\n", b"loop_", b"?", b"'", b"\x00", b"\xff", b"Xx"),
    *(b"0.5(3)", b"-1e-12", b"1e-3", b";", b"data_", b"_cell_length_a", b"0.5 0.5", b"H", b"I", b"Pb", b"*", b"#"),
]


def _seeds():
    files = []
    for structure in (cubic(cage="MA"), layered(1, spacer="MA"), layered(2, spacer="NH4", cage="MA")):
        files.append((".cif", structure.to(fmt="cif").encode()))
        files.append((".vasp", structure.to(fmt="poscar").encode()))
        text = StringIO()
        ase.io.write(text, AseAtomsAdaptor.get_atoms(structure), format="extxyz")
        files.append((".extxyz", text.getvalue().encode()))
    return [*files, (files[-1][0], 2 * files[-1][1])]  # several frames too


SEEDS = _seeds()


def damaged(rng: random.Random) -> tuple[str, bytes]:
    """One of the seeds with one to five injuries."""
    suffix, data = rng.choice(SEEDS)
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(data) + 1)
        kind = rng.choice(["replace", "byte", "cut", "repeat", "swap", "digit"])
        if kind == "replace":
            data = data[:at] + rng.choice(TOKENS) + data[at + rng.randint(0, 12) :]
        elif kind == "byte":
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif kind == "cut":
            data = data[: max(at, len(data) // 2)]
        elif kind == "repeat":
            data = data[:at] + data[at : at + 40] * rng.randint(2, 4) + data[at + 40 :]
        elif kind == "swap":
            lines = data.split(b"\n")
            i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[i], lines[j] = lines[j], lines[i]
            data = b"\n".join(lines)
        else:  # another number that is still a number: the damage that gets furthest
            digits = [k for k, c in enumerate(data) if c in b"0123456789"]
            if digits:
                k = rng.choice(digits)
                data = data[:k] + b"%d" % rng.randrange(10) + data[k + 1 :]
    return suffix, data


def judge(path: Path) -> str:
    """Read, perceive and describe one file; return the class of the error, or "perceived"."""
    start = time.perf_counter()
    featurizer = HOIPFeaturizer(on_error="row", disorder="major")
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # a division by zero that nobody thought of
        featurizer.fit_transform([path])
    elapsed = time.perf_counter() - start
    if elapsed > SECONDS:
        raise TimeoutError(f"{path} took {elapsed:.1f} s")
    if featurizer.errors_.empty:
        return "perceived"
    kind, message = featurizer.errors_.iloc[0]
    if str(path) not in message:
        raise AssertionError(f"the message does not name the file: {message}")
    return str(kind)


def run(cases: int, seed: int, *, show: bool = False) -> Counter[str]:
    """Judge a number of damaged files; a file that fails is left in the working directory."""
    rng, outcome = random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        for _ in tqdm(range(cases), disable=not show):
            suffix, data = damaged(rng) if rng.random() < 0.25 else injured(rng)
            path = Path(folder) / f"damaged{suffix}"
            path.write_bytes(data)
            try:
                outcome[judge(path)] += 1
            except Exception as error:
                kept = Path(f"fuzz-failure{suffix}")
                kept.write_bytes(data)
                error.add_note(f"the file is kept as {kept}")
                raise
    return outcome


def past_reading(outcome: Counter[str]) -> float:
    """Share of the files that were read, whatever perception made of them."""
    read = sum(n for k, n in outcome.items() if k == "perceived" or issubclass(getattr(errors, k), PerceptionError))
    return read / sum(outcome.values())


def _out_of_time(*_: object) -> None:
    raise TimeoutError(f"a file takes more than {3 * SECONDS:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, _out_of_time)
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    start, outcome = time.perf_counter(), Counter()
    for block in tqdm(range(0, options.cases, 100), unit="hundred files"):
        signal.alarm(int(3 * SECONDS) + 100)
        outcome += run(min(100, options.cases - block), options.seed + block)
    signal.alarm(0)
    for kind, count in outcome.most_common():
        sys.stdout.write(f"{kind:24s} {count:7d}\n")
    sys.stdout.write(
        f"{100 * past_reading(outcome):.0f} % got past the reader;"
        f" {sum(outcome.values())} files in {time.perf_counter() - start:.0f} s, no crash, no untyped error\n"
    )


if __name__ == "__main__":
    main()
