"""Measure how often claims are called supported when they are false, and when they are true.

The targets are made (see perovex.explain.claims.simulation), the descriptors are those of the bundled crystals, and
what judges is the model that predicts (``average``) with as many draws as a study takes. A linear model (``ridge``) is
ten times cheaper and stands beside it for narrower limits: it is one of the three members, and the one whose
importances are nearest to those of the average. Every simulation is one line of the file given by --out; a run that
was interrupted goes on where it stopped. Numbers below --first were used to set thresholds and are left out here.

Usage: python benchmarks/verdicts.py [--model average] [--simulations 100] [--first 4] [--minutes 30]
       [--scenarios noise source] [--out verdicts.jsonl] [--claims claims.yaml] [--write]

--write puts the counts of all lines of the file beside the claims (perovex/explain/claims/rates.json).
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from perovex._files import write_atomic
from perovex.datasets import load_elastic
from perovex.explain import load_claims
from perovex.explain.claims.rates import MEASURED
from perovex.explain.claims.simulation import SCENARIOS, judge_simulated, simulate_design
from perovex.explain.claims.words import rates_sentence
from perovex.learn import YoungModulusRegressor
from perovex.study.options import StudyOptions
from perovex.study.questions import octahedral_families
from perovex.study.tables import build_tables

TARGET = "E_in_plane"  # whose distribution the made targets take
OPTIONS = StudyOptions()
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def simulate(tables, claims, model, name, number):
    """Return the verdicts of one simulation, as one line of the file."""
    rng = np.random.default_rng([number, zlib.crc32(name.encode())])  # the same target for every model
    design = simulate_design(tables.X, tables.meta, tables.groups, tables.groups.nunique(), rng)
    start = time.process_time()
    verdicts = judge_simulated(
        YoungModulusRegressor(model, target=TARGET, random_state=OPTIONS.seed),
        BY_NAME[name],
        design,
        claims,
        rng,
        like=tables.values[TARGET].to_numpy(),
        families={"octahedral": octahedral_families(tables.X.columns)["octahedral"]},
        n_resamples=OPTIONS.n_resamples,
        n_shadow=OPTIONS.n_shadows,
    )
    return {
        "case": [model, name, number],
        "rows": len(design[0]),
        "skilled": next((v.evidence["skill"]["above_chance"] for v in verdicts if "skill" in v.evidence), False),
        "seconds": round(time.process_time() - start, 2),
        "rules": {claim.id: claim.fingerprint for claim in claims.claims},
        "verdicts": {v.id: v.verdict for v in verdicts},
        "by_concept": {v.id: v.by_concept for v in verdicts},
        "reasons": {v.id: v.reason for v in verdicts},
    }


def read(path):
    """Return the simulations that are done, by case."""
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    return {tuple(line["case"]): line for line in lines}


def counts(done, claims):
    """Return the counts of every claim in every scenario that makes it false or true, rules of today only."""
    rules = {claim.id: claim.fingerprint for claim in claims.claims}
    rows = []
    for (model, name), lines in groupby(done).items():
        for truth in ("false", "true"):
            for claim in getattr(BY_NAME[name], truth):
                words = [x["verdicts"][claim] for x in lines if x["rules"].get(claim) == rules.get(claim, "")]
                if words:
                    verdicts = {word.replace(" ", "_"): words.count(word) for word in ("supported", "not supported")}
                    scenario = {"scenario": name, "text": BY_NAME[name].text}
                    rows.append(
                        {"claim": claim, "model": model, "truth": truth, **scenario, "n": len(words), **verdicts}
                    )
    return rows


def groupby(done):
    """Group simulations by model and scenario."""
    groups = {}
    for (model, name, _number), line in done.items():
        if name in BY_NAME:
            groups.setdefault((model, name), []).append(line)
    return groups


def write(rows, done, claims):
    """Put the counts beside the claims."""
    content = {
        "written_by": "benchmarks/verdicts.py --write",
        "data": load_elastic().version,
        "draws": OPTIONS.n_resamples,
        "shadows": OPTIONS.n_shadows,
        "simulations": {model: sum(case[0] == model for case in done) for model in sorted({c[0] for c in done})},
        "claims": {
            claim.id: {
                "rule": claim.fingerprint,
                "rates": [{k: v for k, v in row.items() if k != "claim"} for row in rows if row["claim"] == claim.id],
            }
            for claim in claims.claims
        },
    }
    write_atomic(MEASURED, (json.dumps(content, indent=1) + "\n").encode())


def main():
    """Run what is missing within the time allowed and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="average", choices=["average", "ridge"])
    parser.add_argument("--simulations", type=int, default=100, help="per scenario")
    parser.add_argument("--first", type=int, default=4, help="number of the first simulation")
    parser.add_argument("--scenarios", nargs="+", default=list(BY_NAME))
    parser.add_argument("--minutes", type=float, default=60.0, help="stop starting simulations after this long")
    parser.add_argument("--out", type=Path, default=Path("verdicts.jsonl"))
    parser.add_argument("--claims", type=Path, default=None)
    parser.add_argument("--write", action="store_true", help="put the counts beside the shipped claims")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    claims = load_claims(options.claims)
    done = read(options.out)
    numbers = range(options.first, options.first + options.simulations)
    cases = [(options.model, name, number) for number in numbers for name in options.scenarios]
    missing = [case for case in cases if case not in done]
    start = time.monotonic()
    if options.minutes > 0 and missing:
        tables = build_tables(load_elastic(), progress=False)
        with options.out.open("a") as stream:
            for case in tqdm(missing, desc="simulate"):
                if time.monotonic() - start > 60 * options.minutes:
                    break
                done[case] = simulate(tables, claims, *case)
                stream.write(json.dumps(done[case]) + "\n")
                stream.flush()
    rows = counts(done, claims)
    with pd.option_context("display.width", 220, "display.max_rows", 500):
        print(pd.DataFrame(rows).drop(columns="text").to_string(index=False))
    for claim in claims.claims:
        print(claim.id, rates_sentence([row for row in rows if row["claim"] == claim.id]))
    seconds = [line["seconds"] for line in done.values()]
    print(f"{len(done)} simulations, {np.mean(seconds):.1f} s of processor time each")
    if options.write:
        write(rows, done, claims)


if __name__ == "__main__":
    main()
