"""Measure how often claims are called supported when they are false, and when they are true.

The targets are made (see perovex.explain.claims.simulation), the descriptors are those of the bundled crystals. Every
simulation is one line of the file given by --out; a run that was interrupted goes on where it stopped.

Usage: python benchmarks/verdicts.py [--simulations 100] [--spacers 9 16] [--tasks regression] [--minutes 30]
       [--trees 50] [--out verdicts.jsonl] [--claims claims.yaml]
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
import zlib
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from tqdm import tqdm

from perovex.datasets import load_elastic
from perovex.explain import load_claims
from perovex.explain.claims.simulation import SCENARIOS, judge_simulated, simulate_design
from perovex.learn import StiffnessClassifier, YoungModulusRegressor
from perovex.study.options import StudyOptions
from perovex.study.questions import octahedral_families
from perovex.study.tables import build_tables

TARGET = "E_in_plane"  # whose distribution the simulated targets take
OPTIONS = StudyOptions()


def model(task, trees):
    """Return the model of a study, or one of fewer trees that learn faster in proportion."""
    kind = StiffnessClassifier if task == "classification" else YoungModulusRegressor
    estimator = kind(OPTIONS.tree_algorithm, target=TARGET, random_state=OPTIONS.seed)
    if trees:
        estimator.set_params(algorithm_params={"n_estimators": trees, "learning_rate": min(0.5, 15 / trees)})
    return estimator


def simulate(tables, claims, case, trees):
    """Return the verdicts of one simulation, as one line of the file."""
    task, spacers, name, number = case
    scenario = next(s for s in SCENARIOS if s.name == name)
    rng = np.random.default_rng([number, spacers, zlib.crc32(f"{task} {name}".encode())])
    design = simulate_design(tables.X, tables.meta, tables.groups, spacers, rng)
    families = {"octahedral": octahedral_families(tables.X.columns)["octahedral"]}
    estimator = model(task, trees)
    start = time.process_time()
    verdicts = judge_simulated(
        estimator,
        scenario,
        design,
        claims,
        rng,
        like=tables.values[TARGET].to_numpy(),
        families=families,
        n_resamples=OPTIONS.n_resamples,
    )
    skilled = next((v.evidence["skill"]["above_chance"] for v in verdicts if "skill" in v.evidence), False)
    return {
        "case": list(case),
        "rows": len(design[0]),
        "skilled": skilled,
        "seconds": round(time.process_time() - start, 2),
        "verdicts": {v.id: v.verdict for v in verdicts},
        "evidence": {v.id: v.to_dict()["evidence"] for v in verdicts},
    }


def read(path):
    """Return the simulations that are done, by case."""
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return {tuple(line["case"]): line for line in lines}


def table(done):
    """Return the rates of every claim in every scenario that makes it false or true."""
    rows = []
    for (task, spacers, name), lines in groupby(done).items():
        scenario = next((s for s in SCENARIOS if s.name == name), None)
        if scenario is None:
            continue
        for truth, ids in (("false", scenario.false), ("true", scenario.true)):
            for claim in ids:
                found = [line["verdicts"][claim] for line in lines if claim in line["verdicts"]]
                supported = found.count("supported")
                interval = binomtest(supported, len(found)).proportion_ci(0.95, method="wilson")
                rows.append(
                    {
                        "claim": claim,
                        "claim is": truth,
                        "scenario": name,
                        "task": task,
                        "spacers": spacers,
                        "crystals": round(np.mean([line["rows"] for line in lines])),
                        "simulations": len(found),
                        "skilled": np.mean([line["skilled"] for line in lines]),
                        "supported": supported / len(found),
                        "95 % interval": f"{interval.low:.2f} to {interval.high:.2f}",
                        "not supported": found.count("not supported") / len(found),
                    }
                )
    columns = ["claim is", "claim", "task", "spacers", "scenario"]
    return pd.DataFrame(rows).sort_values(columns, kind="stable").reset_index(drop=True) if rows else pd.DataFrame()


def groupby(done):
    """Group simulations by task, number of spacers and scenario."""
    groups = {}
    for (task, spacers, name, _number), line in done.items():
        groups.setdefault((task, spacers, name), []).append(line)
    return groups


def main():
    """Run what is missing within the time allowed and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=100, help="per case")
    parser.add_argument("--spacers", type=int, nargs="+", default=[9, 16])
    parser.add_argument("--tasks", nargs="+", default=["regression", "classification"])
    parser.add_argument("--scenarios", nargs="+", default=[s.name for s in SCENARIOS])
    parser.add_argument("--trees", type=int, default=0, help="0: as in a study; 50 is three times faster")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop starting simulations after this long")
    parser.add_argument("--out", type=Path, default=Path("verdicts.jsonl"))
    parser.add_argument("--claims", type=Path, default=None)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    tables = build_tables(load_elastic(), progress=False)
    claims = load_claims(options.claims)
    done = read(options.out)
    cases = [
        (task, spacers, name, number)
        for number, task, spacers, name in product(
            range(options.simulations), options.tasks, options.spacers, options.scenarios
        )
    ]
    start = time.monotonic()
    with options.out.open("a") as stream:
        for case in tqdm([c for c in cases if c not in done], desc="simulate"):
            if time.monotonic() - start > 60 * options.minutes:
                break
            done[case] = simulate(tables, claims, case, options.trees)
            stream.write(json.dumps(done[case]) + "\n")
            stream.flush()
    with pd.option_context("display.width", 220, "display.max_rows", 500):
        print(table(done).to_string(index=False, float_format=lambda value: f"{value:.2f}"))
    seconds = [line["seconds"] for line in done.values()]
    print(f"{len(done)} simulations, {np.mean(seconds):.1f} s of processor time each")


if __name__ == "__main__":
    main()
