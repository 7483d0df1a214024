"""Where the time of a study goes: CPU seconds of every kind of step.

Run ``python benchmarks/study.py`` for the bundled data, ``--quick`` for fewer repeats, ``--out DIR`` to keep its files.
CPU seconds are what counts on a machine that others use; on idle cores the wall time is about their sum divided by the
number of cores.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from perovex.study import run_study


def used():
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--json", type=Path, help="write the numbers here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        wall, cpu = time.perf_counter(), used()
        out = options.out or Path(scratch) / "study"
        result = run_study(out, quick=options.quick, n_jobs=options.jobs, progress=True)
        wall, cpu = time.perf_counter() - wall, used() - cpu
    steps = dict(sorted(result.cpu_seconds.items(), key=lambda item: -item[1]))
    for name, seconds in steps.items():
        print(f"{name:20s} {seconds:8.1f} s {100 * seconds / max(cpu, 1e-9):5.1f} %")
    print(f"{'all steps':20s} {sum(steps.values()):8.1f} s")
    print(f"{'wall by stage':20s} {result.timings}")
    if options.jobs == 1:
        print(f"{'CPU in all':20s} {cpu:8.1f} s, of which describing and files {cpu - sum(steps.values()):.1f} s")
    print(f"{'wall':20s} {wall:8.1f} s")
    if options.json:
        options.json.write_text(json.dumps({"cpu": steps, "cpu_in_all": cpu, "wall": wall}, indent=1) + "\n")


if __name__ == "__main__":
    main()
