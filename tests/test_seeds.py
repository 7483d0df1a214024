"""Streams of random numbers by name."""

import ast
from pathlib import Path

import perovex
from perovex._seeds import seed_for, stream


def test_streams_differ_by_seed_name_and_number_and_repeat_themselves():
    asked = [(0, "a"), (1, "a"), (0, "b"), (0, "a", 1), (0, "a", 2), (0, "a", 1, 2)]
    first = [stream(*one).random() for one in asked]
    assert len(set(first)) == len(asked)
    assert [stream(*one).random() for one in asked] == first


def test_a_seed_fits_into_31_bits():
    seeds = [seed_for(0, "model", k) for k in range(200)]
    assert len(set(seeds)) == 200
    assert 0 <= min(seeds) <= max(seeds) < 2**31


#: Folds of repeats, which validation and explanation share: to be drawn anew when models are trained anew.
ADDED = {"explain/attribution/held_out.py", "learn/validation/evaluation.py"}


def _adds_to_seeds(path):
    sums = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.BinOp)]
    return any(
        isinstance(node.op, ast.Add) and ast.unparse(node.left).rpartition(".")[2] in {"random_state", "seed"}
        for node in sums
    )


def test_no_seed_is_made_by_addition():
    package = Path(perovex.__file__).parent
    adding = {path.relative_to(package).as_posix() for path in package.rglob("*.py") if _adds_to_seeds(path)}
    assert adding == ADDED
