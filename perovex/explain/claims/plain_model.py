"""The model that a plain paper would fit: a dozen descriptors, two classes; where the claimed ones rank in it.

What leads such a model depends on what it was given and on the sources that were pooled, so that it is fitted within
every source, too: a descriptor that leads over all and nowhere inside only tells the sources apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from perovex.errors import PerovexError
from perovex.explain.attribution.held_out import explain
from perovex.explain.attribution.skill import skill
from perovex.explain.directions.effects import shape_of
from perovex.learn.tables import as_groups

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

PLAIN_DESCRIPTORS = (
    "bridge_angle_mean",
    "stei_max",
    "bond_angle_variance_mean",
    "bond_length_distortion_mean",
    "tilt_in_plane_mean",
    "tilt_out_of_plane_mean",
    "layer_spacing_halide",
    "penetration_mean",
    "hydrogen_bond_length_mean",
    "halide_radius",
    "rotatable_bonds",
    "heavy_atoms",
)
COLUMNS = [
    "part",
    "model",
    "n_rows",
    "n_groups",
    "auc",
    "auc_lower",
    "auc_upper",
    "leader",
    "descriptor",
    "rank",
    "share",
    "sign",
]


def plain_model(  # noqa: PLR0913 - what is fitted to what, and how often
    y: pd.Series,
    X: pd.DataFrame,
    groups: ArrayLike,
    estimators: Mapping[str, Any],
    *,
    asked: Sequence[str] = ("bridge_angle_mean", "stei_max"),
    parts: pd.Series | None = None,
    min_rows: int = 40,
    n_repeats: int = 2,
    random_state: int = 0,
) -> pd.DataFrame:
    """Fit small classifiers to stiff or not, over all and within parts, and rank what is asked about.

    Parameters
    ----------
    y : Series, shape (rows,)
        Target, such as a modulus in GPa; stiff means above the median of the part.
    X : DataFrame, shape (rows, columns)
        The dozen descriptors.
    groups : array-like, shape (rows,)
        Spacers, which folds keep together.
    estimators : mapping of str to object
        Unfitted classifiers by name.
    asked : sequence of str
        Columns of `X` whose rank, share and sign are given.
    parts : Series, shape (rows,), optional
        Such as the source of each crystal; parts of fewer than `min_rows` are left out.
    min_rows : int
        Smallest part.
    n_repeats, random_state : int
        Repeats of grouped folds, and seed.

    Returns
    -------
    DataFrame
        One row for each part, model and descriptor asked about: ``auc`` held out with its 95 % interval over groups,
        ``leader`` (descriptor of most importance), ``rank`` (1 leads) by mean absolute held-out SHAP value, ``share``
        of all of it, ``sign`` (Spearman of value and own SHAP value towards stiff).

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(120, 2)), columns=["angle", "other"])
    >>> E = X["angle"] + 0.1 * rng.normal(size=120)
    >>> table = plain_model(E, X, np.arange(120) % 30, {"linear": LogisticRegression()}, asked=["angle"])
    >>> table.loc[0, "leader"], int(table.loc[0, "rank"])
    ('angle', 1)
    """
    groups = as_groups(groups, len(y))
    masks = {"all": np.ones(len(y), dtype=bool)}
    if parts is not None:
        sizes = parts.value_counts()
        masks |= {str(name): (parts == name).to_numpy() for name in sizes.index[sizes >= min_rows]}
    rows: list[dict[str, Any]] = []
    for part, mask in masks.items():
        table, target = X[mask], (y[mask] > y[mask].median()).astype(int)
        for name, estimator in estimators.items():
            try:
                explanation = explain(
                    estimator, table, target, groups[mask].to_numpy(), n_repeats=n_repeats, random_state=random_state
                )
            except PerovexError:
                continue  # too few crystals of a class in a fold
            scored = skill(explanation)
            values = explanation.repeats.mean(axis=0)
            importance = np.abs(values).mean(axis=0)
            ranks = rankdata(-importance, method="min").astype(int)
            common = {
                "part": part,
                "model": name,
                "n_rows": scored.n_rows,
                "n_groups": scored.n_groups,
                "auc": scored.value,
                "auc_lower": scored.lower,
                "auc_upper": scored.upper,
                "leader": str(table.columns[importance.argmax()]),
            }
            for descriptor in asked:
                j = list(table.columns).index(descriptor)
                sign = shape_of(table[descriptor].to_numpy(), values[:, j])["spearman"]
                own = {
                    "rank": int(ranks[j]),
                    "share": float(importance[j] / max(importance.sum(), 1e-300)),
                    "sign": sign,
                }
                rows.append({**common, "descriptor": descriptor, **own})
    return pd.DataFrame(rows, columns=COLUMNS)
