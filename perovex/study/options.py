"""What a study is asked to do, and how thoroughly."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from perovex.errors import ModelInputError
from perovex.learn import resolve_threshold

_TREES = ("xgboost", "random_forest", "hist_gradient_boosting")
_LARGEST_SEED = 2**31  # later steps count on from it, and 32 bits must hold what comes out
_ALGORITHMS = ("average", *_TREES, "gaussian_process")
TASKS = ("both", "regression", "classification")


@dataclass(frozen=True)
class StudyOptions:
    """Options of a study.

    Attributes
    ----------
    target : str
        Quantity that decides stiff or not (high or low, where it is no modulus).
    threshold : str or float
        ``"median"``, a quantile such as ``"q0.6"``, or a value in the unit of the target.
    task : {"both", "regression", "classification"}
        What is learnt: the values, on which side of the threshold they lie, or both.
    algorithm : str
        What predicts: ``"average"`` of boosted trees, a Gaussian process and a linear model, or another name of
        `perovex.learn`. It is also what is explained.
    seed : int
        Seed of every random choice.
    quick : bool
        Fewer repeats.
    n_jobs : int
        Worker processes; results do not depend on it.

    Raises
    ------
    ModelInputError
        An option that no study can be run with.
    """

    target: str = "E_in_plane"
    threshold: str | float = "median"
    task: str = "both"
    algorithm: str = "average"
    seed: int = 0
    quick: bool = False
    n_jobs: int = 2

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ModelInputError(f"unknown task {self.task!r}", remedy=f"choose one of {', '.join(TASKS)}")
        if self.algorithm not in _ALGORITHMS:
            raise ModelInputError(
                f"unknown algorithm {self.algorithm!r}", remedy=f"choose one of {', '.join(_ALGORITHMS)}"
            )
        if not 0 <= self.seed < _LARGEST_SEED:
            raise ModelInputError(
                f"seed {self.seed} cannot be used", remedy=f"choose one from 0 to {_LARGEST_SEED - 1}"
            )
        if self.n_jobs < 1:
            raise ModelInputError(f"{self.n_jobs} worker processes", remedy="at least one")
        if isinstance(self.threshold, str):
            object.__setattr__(self, "threshold", _number_if_possible(self.threshold))
        resolve_threshold([1.0], self.threshold)  # any value will do to refuse what is no threshold

    def asked(self) -> dict[str, Any]:
        """Return what the configuration of a study says of its options; the usual task needs no word."""
        task = None if self.task == "both" else self.task
        return {
            "task": task,
            "threshold": self.threshold,
            "algorithm": self.algorithm,
            "seed": self.seed,
            "quick": self.quick,
        }

    @property
    def tree_algorithm(self) -> str:
        """Trees that stand beside an average in its scores."""
        return self.algorithm if self.algorithm in _TREES else "xgboost"

    @property
    def n_repeats(self) -> int:
        """Repeats of grouped cross-validation."""
        return 1 if self.quick else 2

    @property
    def n_resamples(self) -> int:
        """Draws of groups for rank intervals."""
        return 10 if self.quick else 100

    @property
    def n_shadows(self) -> int:
        """Models with shuffled descriptors for the noise floor."""
        return 5 if self.quick else 40

    @property
    def n_scrambles(self) -> int:
        """Shuffles of the target for the y-scrambling test."""
        return 9 if self.quick else 59

    def to_dict(self) -> dict[str, Any]:
        """Return what decides the results: options and what follows from them, not the number of processes."""
        names = ("n_repeats", "n_resamples", "n_shadows", "n_scrambles")
        derived = {name: getattr(self, name) for name in names}
        chosen = {key: value for key, value in asdict(self).items() if key != "n_jobs"}
        return {**chosen, **derived}


def _number_if_possible(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text
