"""Streams of random numbers by name."""

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import perovex
from perovex._seeds import seed_for, stream
from perovex.explain import explain
from perovex.learn import YoungModulusRegressor, evaluate
from perovex.learn.splits import repeat_seed


def test_streams_differ_by_seed_name_and_number_and_repeat_themselves():
    asked = [(0, "a"), (1, "a"), (0, "b"), (0, "a", 1), (0, "a", 2), (0, "a", 1, 2)]
    first = [stream(*one).random() for one in asked]
    assert len(set(first)) == len(asked)
    assert [stream(*one).random() for one in asked] == first


def test_a_seed_fits_into_31_bits():
    seeds = [seed_for(0, "model", k) for k in range(200)]
    assert len(set(seeds)) == 200
    assert 0 <= min(seeds) <= max(seeds) < 2**31


def _reckons_with_seeds(source):
    terms = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.BinOp)]
    reckoned = [node for node in terms if not isinstance(node.op, ast.Mod)]  # that brings a seed into a library's range
    operands = [ast.unparse(part) for node in reckoned for part in (node.left, node.right)]
    return any(name.rpartition(".")[2] in {"random_state", "seed"} for name in operands)


@pytest.mark.parametrize("line", ["random_state + repeat", "2 * self.seed", "options.random_state ^ 1"])
def test_reckoning_with_a_seed_is_seen(line):
    assert _reckons_with_seeds(line)


def test_no_seed_is_made_by_reckoning():
    root = Path(perovex.__file__).parent
    files = [*root.rglob("*.py"), *(root.parent / "benchmarks").rglob("*.py")]
    assert not [path for path in files if _reckons_with_seeds(path.read_text(encoding="utf-8"))]


TABLE = pd.DataFrame({"a": np.arange(48.0), "b": np.arange(48.0) % 5})
TARGET = pd.Series(1 + np.arange(48.0) % 7)
GROUPS = pd.Series([f"group {k // 2}" for k in range(48)])


def _validated(seed):
    ridge = YoungModulusRegressor("ridge", random_state=seed)
    options = {"n_repeats": 3, "baselines": False, "n_resamples": 2, "random_state": seed}
    predictions = evaluate(ridge, TABLE, TARGET, GROUPS, **options).predictions
    return _folds(predictions.groupby(["repeat", "fold"])["row"])


def _explained(seed):
    options = {"n_repeats": 3, "random_state": seed}
    folds = explain(YoungModulusRegressor("ridge"), TABLE, TARGET, GROUPS, **options).folds
    return _folds(((fold.repeat, number), fold.test) for number, fold in enumerate(folds))


def _folds(parts):
    """Rows held out together, a set of sets for each repeat."""
    repeats = {}
    for (repeat, _), rows in parts:
        repeats.setdefault(repeat, set()).add(frozenset(int(row) for row in rows))
    return [frozenset(held) for _, held in sorted(repeats.items())]


@pytest.mark.parametrize("folds_of", [_validated, _explained])
def test_repeats_of_neighbouring_seeds_share_no_folds(folds_of):
    drawn = [folds for seed in range(4) for folds in folds_of(seed)]
    assert len(drawn) == 12
    assert len(set(drawn)) == 12
    assert drawn[:3] == folds_of(0)


def test_validation_and_explanation_hold_out_the_same_rows():
    assert _validated(5) == _explained(5)


def test_seeds_of_repeats_do_not_meet():
    assert len({repeat_seed(seed, repeat) for seed in range(60) for repeat in range(60)}) == 3600
