"""Rung (a): models of stiffness that know a compound by its spacer's graph and its composition alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from perovex._bundled import data_root
from perovex.building.cation import CAGE_SMILES
from perovex.descriptors import REGISTRY
from perovex.elasticity.names import YOUNGS_MODULI
from perovex.errors import ModelFileError
from perovex.learn import ApplicabilityDomain, ModelBundle, ProcessRegressor, evaluate
from perovex.screening.features import FEATURES, feature_table
from perovex.screening.rungs import accuracy_of, within_compositions

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.datasets import ElasticData

TARGETS: Final = YOUNGS_MODULI
COVERAGE: Final = 0.9
_CLUSTERS = "leave-like-groups-out"
_IDENTITY = ("n_layers", "halide", "metal", "spacer_smiles", "cage")


def molecule_tables(data: ElasticData) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.DataFrame]:
    """Return what rung (a) learns from: the layered crystals of a data set.

    Parameters
    ----------
    data : ElasticData

    Returns
    -------
    X, moduli : DataFrame
        Columns `FEATURES`; GPa.
    groups : Series
        Spacer.
    meta : DataFrame
        ``n_layers``, ``halide``, ``metal``, ``spacer_smiles``, ``cage``.
    """
    layered = data.table[np.isfinite(data.table["n_layers"])]
    compounds = layered.rename(columns={"spacer_smiles": "smiles", "n_layers": "n"})
    return (
        feature_table(compounds),
        layered[list(TARGETS)].astype(float),
        data.groups.loc[layered.index],
        layered[list(_IDENTITY)],
    )


def regressor(target: str, random_state: int = 0) -> ProcessRegressor:
    """Return the untrained model of one modulus.

    A Gaussian process: on held-out spacers as good as the average of trees, process and linear model, it says how
    unsure it is, stays near the mean far from training, and costs microseconds a molecule.

    Parameters
    ----------
    target : str
    random_state : int
    """
    return ProcessRegressor(target=target, interval_folds=5, random_state=random_state)


def fit_molecule_models(
    data: ElasticData, *, n_repeats: int = 3, random_state: int = 0, progress: bool = False
) -> ModelBundle:
    """Train rung (a) on all layered crystals of a data set, and measure it on spacers that were held out.

    Parameters
    ----------
    data : ElasticData
    n_repeats : int
        Repeats of five folds of whole spacers.
    random_state : int
    progress : bool, default False
        Show a progress bar on standard error.

    Returns
    -------
    ModelBundle
        ``manifest["accuracy"]`` holds, by target, what `perovex.screening.rungs.accuracy_of` tells.
    """
    X, moduli, groups, meta = molecule_tables(data)
    evaluations, accuracy = {}, {}
    for target in TARGETS:
        evaluation = evaluate(
            regressor(target, random_state), X, moduli[target], groups, meta=meta, n_repeats=n_repeats,
            coverage=COVERAGE, domain=ApplicabilityDomain(), left_out=[_CLUSTERS], random_state=random_state,
            progress=progress,
        )  # fmt: skip
        evaluations[target] = evaluation.to_dict()
        accuracy[target] = accuracy_of(evaluation) | within_compositions(evaluation, meta)
    bundle = ModelBundle.fit(
        X,
        moduli,
        groups,
        targets=TARGETS,
        classify=False,
        regressors={target: regressor(target, random_state) for target in TARGETS},
        coverage=COVERAGE,
        units={key: REGISTRY[key].unit for key in FEATURES},
        versions={key: REGISTRY[key].version for key in FEATURES},
        metrics=evaluations,
        training={
            "data_version": data.version, "data_checksum": data.checksum, "potential": data.potential,
            "moduli": data.moduli,
        },
        crystals=meta,
        random_state=random_state,
    )  # fmt: skip
    bundle.manifest["rung"] = "a"
    bundle.manifest["accuracy"] = accuracy
    return bundle


def molecule_models(moduli: str = "relaxed", folder: str | Path | None = None) -> ModelBundle:
    """Load the models of rung (a).

    Parameters
    ----------
    moduli : {"relaxed", "soft_frozen"}
        Which of those that come with the package.
    folder : path, optional
        Models that `fit_molecule_models` made, instead.

    Returns
    -------
    ModelBundle

    Raises
    ------
    ModelFileError
        There are none, or they are no models of this rung.

    Examples
    --------
    >>> molecule_models().manifest["rung"]
    'a'
    """
    source = data_root() / "models" / f"molecule_{moduli}" if folder is None else folder
    bundle = ModelBundle.load(source)
    if bundle.manifest.get("rung") != "a":
        raise ModelFileError(
            "these models need a crystal structure", remedy="`perovex predict` takes them", source=source
        )
    return bundle


def predict_features(
    features: pd.DataFrame, bundle: ModelBundle, *, coverage: float | None = None, reasons: bool = False
) -> pd.DataFrame:
    """Predict from the columns of rung (a), many rows at once.

    Parameters
    ----------
    features : DataFrame, shape (n_compounds, n_features)
    bundle : ModelBundle
    coverage : float, optional
        Of the intervals; default: what the models support.
    reasons : bool
        Say what lies outside the domain in words, too (slow).

    Returns
    -------
    DataFrame
        For each target its value, ``_lower`` and ``_upper`` (GPa); ``in_domain``, ``domain_score`` (above 1 outside),
        and ``domain_reason`` where asked for.
    """
    wanted = bundle.manifest["coverage"] if coverage is None else coverage
    columns: dict[str, Any] = {}
    for target, model in bundle.regressors.items():
        interval = model.predict_interval(features, wanted)
        columns[target] = interval["prediction"].to_numpy()
        columns[f"{target}_lower"] = interval["lower"].to_numpy()
        columns[f"{target}_upper"] = interval["upper"].to_numpy()
    flags = bundle.domain.check(features, reasons=reasons)
    columns["in_domain"] = flags["in_domain"].to_numpy()
    columns["domain_score"] = flags["score"].to_numpy()
    if reasons:
        columns["domain_reason"] = flags["reason"].to_numpy()
    return pd.DataFrame(columns, index=features.index)


def cage_name(smiles: str | None) -> str:
    """Return the short name of a cage cation, ``MA`` where there is none.

    Parameters
    ----------
    smiles : str or None

    Examples
    --------
    >>> cage_name("[Cs+]"), cage_name(None)
    ('Cs', 'MA')
    """
    return next((name for name, known in CAGE_SMILES.items() if known == smiles), "MA")
