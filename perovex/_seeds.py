"""Seeds by name: every random step has a stream of its own, and no two overlap.

Adding numbers to a seed makes streams meet (seed 0 of one step is seed 1 of another). `numpy.random.SeedSequence`
spawns independent ones from a seed and a key; the key here is the name of the step.
"""

from __future__ import annotations

import zlib

import numpy as np


def sequence(random_state: int, name: str, *numbers: int) -> np.random.SeedSequence:
    """Return the seed sequence of a named step.

    Parameters
    ----------
    random_state : int
        Seed of the user.
    name : str
        Step, such as ``"bootstrap of groups"``.
    *numbers : int
        Which repeat, fold or draw of that step, none negative.
    """
    return np.random.SeedSequence(random_state, spawn_key=(zlib.crc32(name.encode()), *numbers))


def stream(random_state: int, name: str, *numbers: int) -> np.random.Generator:
    """Return a random generator for a named step; equal arguments give equal numbers.

    Examples
    --------
    >>> bool(stream(0, "folds").random() == stream(0, "folds").random())
    True
    >>> bool(stream(0, "folds").random() == stream(0, "shadows").random())
    False
    """
    return np.random.default_rng(sequence(random_state, name, *numbers))


def seed_for(random_state: int, name: str, *numbers: int) -> int:
    """Return an integer below 2**31 for libraries that take no generator.

    Examples
    --------
    >>> seed_for(0, "model", 1) == seed_for(0, "model", 2)
    False
    """
    return int(sequence(random_state, name, *numbers).generate_state(1)[0] >> 1)


def seeds_of_builds(random_state: int, n_builds: int) -> list[int]:
    """Return the seed of each build of a compound from nothing; the first is the one that was asked for.

    Examples
    --------
    >>> seeds_of_builds(7, 3)[0], len(set(seeds_of_builds(7, 3)))
    (7, 3)
    """
    return [random_state, *(seed_for(random_state, "builds", build) for build in range(1, n_builds))]
