"""Tables with a known truth on a real design: how often claims are called right, and how often wrong.

The descriptors stay those of real crystals, with their correlations and their nesting in spacers, halides and n;
only the target is made. Under a null scenario a claim is false by construction, so every "supported" is a false
one; under a planted scenario the share of "supported" is the power at that size of effect and sample.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from perovex.errors import ModelInputError
from perovex.explain.claims.collecting import collect
from perovex.explain.claims.verdicts import Verdict, judge
from perovex.explain.directions.associations import associations
from perovex.explain.tables import check_problem
from perovex.explain.transfer.experiment import transfer_by_family

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from perovex.explain.claims.claims import Claims

UNRELATED = "unrelated"
_CONTINUOUS = 10  # distinct values from which a column can stand in for an unrelated driver


@dataclass(frozen=True)
class Scenario:
    """What drives the target, as shares of its variance; the rest is noise.

    Attributes
    ----------
    name, text : str
        Short name, and what it stands for.
    drivers : dict of str to float
        Descriptor -> share of the variance, carried by the normal scores of its ranks (a monotone effect, of
        which no few extreme crystals hold the most), downwards where the share is negative; ``"unrelated"`` is a
        row-shuffled copy of a random descriptor that joins the table.
    levels : dict of str to float
        Column of `meta` -> share carried by a random number per level.
    spacer : float
        Share carried by a random number per group, which no descriptor explains.
    false, true : tuple of str
        Claims that are false or true by construction; others are not counted.
    """

    name: str
    text: str
    drivers: dict[str, float] = field(default_factory=dict)
    levels: dict[str, float] = field(default_factory=dict)
    spacer: float = 0.0
    false: tuple[str, ...] = ()
    true: tuple[str, ...] = ()


_DOMINANT, _SIGN, _SMALLEST, _SHARE = (
    "dominant-descriptors",
    "inverse-with-non-stiffness",
    "smallest-angle",
    "octahedral-deformation",
)
_BEYOND, _MEAN_BEYOND = "beyond-halide-n-and-source", "mean-angle-beyond-halide-n-and-source"
_LENGTH, _LAYERS, _PHASE = "longer-spacers-softer", "more-layers-stiffer", "dion-jacobson-stiffer"
_TRANSFER = ("single-to-multilayer", "single-to-multilayer-beyond-halide", "single-to-multilayer-level")
_ALL = (_DOMINANT, _SIGN, _SMALLEST, _SHARE, _BEYOND, _MEAN_BEYOND, _LENGTH, _LAYERS, _PHASE, *_TRANSFER)
_ANGLE, _SMALLEST_ANGLE, _DEFORMATION = "bridge_angle_mean", "bridge_angle_min", "bond_angle_variance_mean"
_STEI, _STEI_HEAD = "stei_max", "stei_head"
_SPACER_LENGTH, _INVERSE_N, _CHARGE = "spacer_length", "inverse_n_layers", "charge"
_ASSOCIATED = (_ANGLE, _SMALLEST_ANGLE, _STEI, _STEI_HEAD, _SPACER_LENGTH, _INVERSE_N, _CHARGE)
_STRATA = ("halide", "n_layers", "source")
SCENARIOS = (
    Scenario("noise", "nothing drives the target", false=_ALL),
    Scenario(
        "spacer", "half of the variance is a number per spacer that no descriptor explains", spacer=0.5, false=_ALL
    ),
    Scenario(
        "unrelated",
        "a descriptor unrelated to all others drives 80 %",
        drivers={UNRELATED: 0.8},
        false=_ALL,
    ),
    Scenario(
        "halide and n",
        "a number per halide drives 60 %, per n 20 %",
        levels={"halide": 0.6, "n_layers": 0.2},
        # what follows the halide may follow the target, and octahedra carry the halide from n = 1 to n >= 2
        false=(_DOMINANT, _SHARE, _BEYOND, _MEAN_BEYOND, _LENGTH, _PHASE),
    ),
    Scenario(
        "source",
        "a number per source of the crystals drives 60 %",
        levels={"source": 0.6},
        # STEI and others that tell sources apart may lead, and have a sign
        false=(_SHARE, _BEYOND, _MEAN_BEYOND, _LENGTH, _LAYERS, _PHASE),
    ),
    Scenario(
        "angle and STEI against the source",
        "bridging angle and STEI drive 30 % each, the source 40 % (against them as often as not)",
        drivers={_ANGLE: 0.3, _STEI: 0.3},
        levels={"source": 0.4},
        true=(_DOMINANT, _SIGN, _MEAN_BEYOND),
    ),
    Scenario(
        "smallest angle and STEI against the source",
        "smallest angle and STEI drive 25 % each, the source 40 % (against them as often as not)",
        drivers={_SMALLEST_ANGLE: 0.25, _STEI: 0.25},
        levels={"source": 0.4},
        true=(_BEYOND, _SMALLEST),
    ),
    Scenario(
        "angle and STEI 80 %",
        "bridging angle and STEI drive 40 % each",
        drivers={_ANGLE: 0.4, _STEI: 0.4},
        true=(_DOMINANT, _SIGN, _MEAN_BEYOND),
    ),
    Scenario(
        "angle and STEI 50 %",
        "bridging angle and STEI drive 25 % each",
        drivers={_ANGLE: 0.25, _STEI: 0.25},
        true=(_DOMINANT, _SIGN, _MEAN_BEYOND),
    ),
    Scenario(
        "deformation 80 %",
        "the bond-angle variance drives 80 %",
        drivers={_DEFORMATION: 0.8},
        true=(_SHARE, *_TRANSFER),
    ),
    Scenario(
        "spacer length, charge and n",
        "spacer length and 1/n drive 20 % each, towards soft, the charge of the spacer 20 %, towards stiff",
        drivers={_SPACER_LENGTH: -0.2, _INVERSE_N: -0.2, _CHARGE: 0.2},
        true=(_LENGTH, _LAYERS, _PHASE),
    ),
)


def simulate_design(
    X: pd.DataFrame, meta: pd.DataFrame, groups: pd.Series, n_groups: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, NDArray[np.int64]]:
    """Draw a design with a number of spacers from a real one.

    Up to the number there is, spacers are drawn without repetition and kept as they are. Further ones are mixtures
    of two real spacers at the same halide and n, with a weight that leaves most of them near one of the two.

    Parameters
    ----------
    X : DataFrame, shape (rows, descriptors)
        Real descriptors.
    meta : DataFrame, shape (rows, ...)
        ``halide`` and ``n_layers``.
    groups : Series, shape (rows,)
        Spacer of each row.
    n_groups : int
        Spacers wanted.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    X, meta : DataFrame
        Numbered anew.
    groups : ndarray of int
        Spacer of each row.
    """
    rows = {name: np.flatnonzero((groups == name).to_numpy()) for name in pd.unique(groups)}
    names = np.asarray(list(rows))
    blocks = [(X.iloc[rows[name]], meta.iloc[rows[name]]) for name in rng.permutation(names)[:n_groups]]
    cells, sources = {}, {}
    if len(blocks) < n_groups:
        for name, place in rows.items():
            keys = [meta[key].to_numpy()[place] for key in ("halide", "n_layers")]
            cells[name] = X.iloc[place].groupby(keys).mean().rename_axis(index=["halide", "n_layers"])
            sources[name] = meta["source"].iloc[place[0]] if "source" in meta else None
    while len(blocks) < n_groups:
        first, second = rng.choice(names, size=2, replace=False)
        weight = float(rng.beta(0.5, 0.5))
        mixed = (weight * cells[first] + (1 - weight) * cells[second]).dropna(how="all")
        if len(mixed):
            made = mixed.index.to_frame(index=False)
            if sources[first] is not None:  # of the spacer that it is nearer to
                made["source"] = sources[first if weight >= 0.5 else second]
            blocks.append((mixed.reset_index(drop=True), made))
    codes = np.repeat(np.arange(len(blocks)), [len(block) for block, _ in blocks])
    table, made = (pd.concat(part, ignore_index=True) for part in zip(*blocks, strict=True))
    return table[X.columns], made, codes


def simulate_target(
    scenario: Scenario,
    X: pd.DataFrame,
    meta: pd.DataFrame,
    groups: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    like: NDArray[np.float64] | None = None,
) -> tuple[pd.DataFrame, pd.Series]:
    """Make a target of which a scenario is true.

    Parameters
    ----------
    scenario : Scenario
        What drives the target.
    X, meta, groups
        The design.
    rng : numpy.random.Generator
        Source of randomness.
    like : ndarray, optional
        Values whose distribution the target takes (ranks are kept); standard normal otherwise.

    Returns
    -------
    X : DataFrame
        With the unrelated descriptor where the scenario has one.
    y : Series
        Target.

    Raises
    ------
    ModelInputError
        If the table lacks a driver, or the shares exceed one.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> X = pd.DataFrame({"angle": np.random.default_rng(1).normal(size=200)})
    >>> design = (X, pd.DataFrame(index=X.index), np.arange(200))
    >>> y = simulate_target(Scenario("a", "", {"angle": 0.8}), *design, np.random.default_rng(0))[1]
    >>> bool(0.75 < np.corrcoef(y, X["angle"])[0, 1] ** 2 < 0.85)
    True
    """
    noise = 1 - sum(map(abs, scenario.drivers.values())) - sum(scenario.levels.values()) - scenario.spacer
    absent = [d for d in scenario.drivers if d not in X and d != UNRELATED]
    absent += [column for column in scenario.levels if column not in meta]
    if noise < -1e-9 or absent:
        cause = f"the table lacks {', '.join(absent)}" if absent else "shares of the variance exceed one"
        raise ModelInputError(f"scenario {scenario.name!r}: {cause}")
    if UNRELATED in scenario.drivers:
        many = [c for c in X.columns if X[c].nunique() >= min(_CONTINUOUS, len(X)) and X[c].notna().all()]
        X = X.assign(**{UNRELATED: rng.permutation(X[rng.choice(many)].to_numpy())})
    parts = [
        (abs(share), np.sign(share) * _normal_scores(X[name].to_numpy(dtype=float)))
        for name, share in scenario.drivers.items()
    ]
    for column, share in scenario.levels.items():
        codes = pd.factorize(meta[column])[0]
        # evenly spaced numbers in random order: normal ones would often leave three levels nearly equal
        parts.append((share, rng.permutation(int(codes.max()) + 1).astype(float)[codes]))
    parts.append((scenario.spacer, rng.normal(size=int(groups.max()) + 1)[groups]))
    parts.append((noise, rng.normal(size=len(X))))
    latent = np.zeros(len(X))
    for share, values in parts:
        if share > 0:
            latent += np.sqrt(share) * (values - values.mean()) / max(values.std(), 1e-12)
    if like is not None:
        place = (np.argsort(np.argsort(latent)) + 0.5) / len(latent)
        latent = np.quantile(like, place)
    return X, pd.Series(latent, index=X.index)


def _normal_scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return normal scores of ranks, missing values in the middle: no extreme crystal may hold the variance."""
    filled = np.where(np.isnan(values), np.nanmedian(values), values)
    return np.asarray(norm.ppf((rankdata(filled) - 0.5) / len(filled)))


def judge_simulated(
    estimator: Any,
    scenario: Scenario,
    design: tuple[pd.DataFrame, pd.DataFrame, NDArray[np.int64]],
    claims: Claims,
    rng: np.random.Generator,
    *,
    like: NDArray[np.float64] | None = None,
    families: Mapping[str, list[str]] | None = None,
    domains: tuple[str, str] = ("n_layers == 1", "n_layers >= 2"),
    **rank_options: Any,
) -> list[Verdict]:
    """Make one target, measure what the claims need and judge them, as a study does.

    Parameters
    ----------
    estimator : object
        Unfitted model; a classifier gets stiff above the median.
    scenario : Scenario
        What is true.
    design : tuple
        Descriptors, meta and group codes from `simulate_design`.
    claims : Claims
        What to judge.
    rng : numpy.random.Generator
        Source of randomness.
    like : ndarray, optional
        Values whose distribution the target takes.
    families : mapping, optional
        Families for claims about transfer.
    domains : tuple of str
        Source and target of the transfer.
    **rank_options
        Passed to `perovex.explain.rank`.

    Returns
    -------
    list of Verdict
        One per claim; a made target stands for any.
    """
    X, y = simulate_target(scenario, *design, rng, like=like)
    _, meta, groups = design
    if hasattr(estimator, "predict_proba"):
        y = (y > y.median()).astype(int)
    problem = check_problem(estimator, X, y, groups)
    seed = int(rng.integers(2**31))
    source, target = (np.asarray(meta.eval(domain), dtype=bool) for domain in domains)
    tested = None
    if families:
        given = meta.get("halide")
        tested = transfer_by_family(problem, source, target, families, given=given, random_state=seed)
    held_equal = [column for column in _STRATA if column in meta]
    asked = [name for name in _ASSOCIATED if name in X]
    table = associations(y, X, meta[held_equal], groups, descriptors=asked, random_state=seed) if asked else None
    evidence = collect(
        estimator,
        X,
        y,
        groups,
        target=scenario.name,
        transfer=tested,
        associations=table,
        random_state=seed,
        **rank_options,
    )
    anything = replace(claims, claims=tuple(replace(claim, targets=()) for claim in claims.claims))
    return judge(anything, evidence)
