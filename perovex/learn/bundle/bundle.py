"""One folder that answers for a crystal: stiff or not, how stiff, how sure, and whether to believe it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.base import clone

from perovex._json import json_safe
from perovex._progress import progress_bar
from perovex._words import group_words
from perovex.errors import ModelFileError, ModelInputError
from perovex.learn.bundle.asking import asked_rows, class_columns, domain_columns, value_columns
from perovex.learn.bundle.card import card_html, card_markdown
from perovex.learn.bundle.folder import load_model, save_model
from perovex.learn.bundle.known import KnownCrystals, as_identity
from perovex.learn.bundle.training import (
    check_moduli,
    descriptor_entries,
    fit_classifier,
    fit_regressors,
    following,
    model_entry,
    supported_coverage,
    target_entries,
    training_entry,
)
from perovex.learn.estimators.classifier import StiffnessClassifier
from perovex.learn.estimators.regressor import YoungModulusRegressor
from perovex.learn.tables import as_groups, as_table
from perovex.learn.uncertainty.domain import ApplicabilityDomain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from perovex.learn.bundle.words import NewKind

_WRITTEN = ("format", "format_version", "kind", "files", "environment", "check", "checksum")
"""Entries of the manifest that `save_model` writes itself."""


class ModelBundle:
    """A classifier, regressors with intervals, and the domain in which they may be asked.

    Made by `ModelBundle.fit` or `ModelBundle.load`.

    Parameters
    ----------
    classifier : StiffnessClassifier or None
    regressors : dict of str to YoungModulusRegressor
        By target.
    domain : ApplicabilityDomain
    manifest : dict
        Descriptors with units, targets, threshold, coverage, training data, metrics, seed.
    known : KnownCrystals or None
        The training crystals: descriptors, labels, and of what kind each is.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(60, 3)), columns=["angle", "spacing", "shift"])
    >>> moduli = pd.DataFrame({"E_in_plane": 12 + 2 * X["angle"]})
    >>> bundle = ModelBundle.fit(X, moduli, groups=np.arange(60) // 4, coverage=0.8)
    >>> bundle.predict(X.iloc[:1]).columns.tolist()
    ['probability_stiff', 'class', 'threshold', 'E_in_plane', 'E_in_plane_lower', 'E_in_plane_upper',
    'coverage',
     'in_domain', 'domain_reason']
    """

    def __init__(
        self,
        classifier: StiffnessClassifier | None,
        regressors: Mapping[str, YoungModulusRegressor],
        domain: ApplicabilityDomain,
        manifest: Mapping[str, Any],
        known: KnownCrystals | None = None,
    ) -> None:
        self.classifier = classifier
        self.regressors = dict(regressors)
        self.domain = domain
        self.manifest = dict(manifest)
        self.known = known

    def __repr__(self) -> str:
        training = self.manifest.get("training", {})
        _, many = group_words(training.get("group", "spacer"))
        return (
            f"<ModelBundle: {', '.join(self.regressors)}; {training.get('n_rows')} crystals of "
            f"{training.get('n_groups')} {many}, {len(self.feature_names)} descriptors>"
        )

    @property
    def feature_names(self) -> list[str]:
        """Descriptor keys the models were trained on, in order."""
        return [str(name) for name in self.domain.feature_names_in_]

    @property
    def threshold(self) -> float:
        """Value above which a crystal is called stiff (high), in the unit of the target; NaN without a classifier."""
        limit = self.manifest.get("threshold")
        return float("nan") if limit is None else float(limit)

    @property
    def classes(self) -> tuple[str, str]:
        """What crystals below and above the threshold are called."""
        low, high = self.manifest.get("classes") or ("soft", "stiff")
        return str(low), str(high)

    @classmethod
    def fit(  # noqa: PLR0913 - one call trains everything that a folder holds
        cls,
        X: pd.DataFrame,
        moduli: pd.DataFrame,
        groups: Any = None,
        *,
        target: str = "E_in_plane",
        threshold: float | str = "median",
        targets: Sequence[str] | None = None,
        classifier: StiffnessClassifier | None = None,
        classify: bool = True,
        regressor: YoungModulusRegressor | None = None,
        regressors: Mapping[str, YoungModulusRegressor] | None = None,
        domain: ApplicabilityDomain | None = None,
        coverage: float = 0.9,
        unit: str = "GPa",
        target_units: Mapping[str, str] | None = None,
        classes: tuple[str, str] = ("soft", "stiff"),
        units: Mapping[str, str] | None = None,
        versions: Mapping[str, str] | None = None,
        metrics: Mapping[str, Any] | None = None,
        widening: Mapping[str, Mapping[str, Any]] | None = None,
        training: Mapping[str, Any] | None = None,
        crystals: pd.DataFrame | None = None,
        random_state: int = 0,
        progress: bool = False,
    ) -> ModelBundle:
        """Train on a descriptor table and its moduli.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_descriptors)
        moduli : DataFrame, shape (n_rows, n_targets)
            GPa; a row without a target's value is left out for that target.
        groups : Series, optional
            Spacer of each row.
        target : str, default "E_in_plane"
            Modulus that decides stiff or soft.
        threshold : str or float, default "median"
            See `resolve_threshold`.
        targets : sequence of str, optional
            Moduli to regress; default: all columns of `moduli`.
        classifier, regressor, domain : estimators, optional
            Templates, cloned; default: xgboost with calibration chosen by data size, xgboost with ten-fold
            intervals, and the default domain. A classifier that learns the modulus follows the regressor of its target
            where there is one.
        classify : bool, default True
            Without it there is no classifier, and predictions have no class.
        regressors : dict of str to YoungModulusRegressor, optional
            Templates by target, where they differ.
        coverage : float, default 0.9
            Of the intervals; lowered to what the number of groups supports, and stated with every prediction.
        unit : str, default "GPa"
            Of the target that decides the class.
        target_units : dict of str to str, optional
            Of each target; default: `unit` for all.
        classes : (str, str)
            What crystals below and above the threshold are called.
        units : dict of str to str, optional
            Unit of each descriptor.
        versions : dict of str to str, optional
            Version of the definition of each descriptor; see `redefined`.
        metrics : dict, optional
            Held-out scores, for instance ``{"E_in_plane": evaluation.to_dict()}``; stored and shown on the
            card.
        widening : dict, optional
            Target to `Widening` as a dict: how much longer the arms of intervals are made, and why.
        training : dict, optional
            Where the data comes from (potential, data version, ...).
        crystals : DataFrame, optional
            Rows as in `X`, columns among `perovex.learn.bundle.known.IDENTITY`: what kinds of crystals these are.
            Kinds that are not among them are outside the domain by name.
        random_state : int, default 0
        progress : bool, default False
            Show a progress bar on standard error.

        Raises
        ------
        ModelInputError
            A missing target, one class only, or too few rows or groups.
        """
        table = as_table(X)
        targets = [str(name) for name in (moduli.columns if targets is None else targets)]
        check_moduli(table, moduli, [target, *targets])
        spacers = pd.Series(as_groups(groups, len(table)).to_numpy(), index=table.index)

        plain = regressor or YoungModulusRegressor(interval_folds=10)
        templates = {name: (regressors or {}).get(name, plain) for name in targets}
        with progress_bar(total=len(targets) + 2, desc="train models", shown=progress) as steps:
            fitted = fit_regressors(templates, table, moduli, spacers, random_state, steps.update)
            fitted_classifier = None
            if classify:
                template = clone(classifier or StiffnessClassifier(calibration="auto"))
                template.set_params(threshold=threshold, target=target, random_state=random_state)
                fitted_classifier = fit_classifier(template, table, moduli[target], spacers, fitted.get(target))
            steps.update()
            fitted_domain = clone(domain or ApplicabilityDomain()).fit(table, groups=spacers)

        manifest = {
            **target_entries(target, targets, unit, target_units, classes),
            "threshold": None if fitted_classifier is None else fitted_classifier.threshold_,
            "threshold_rule": threshold,
            "coverage": supported_coverage(coverage, fitted),
            "coverage_asked": coverage,
            "descriptors": descriptor_entries(table, units, versions),
            "classifier": None if fitted_classifier is None else model_entry(fitted_classifier),
            "regressors": {name: model_entry(model) for name, model in fitted.items()},
            "random_state": random_state,
            "training": training_entry(table, moduli, spacers) | dict(training or {}),
            "metrics": dict(metrics or {}),
            "widening": dict(widening or {}),
        }
        labelled = moduli[list(dict.fromkeys([*targets, target]))].astype(float)
        known = KnownCrystals(table, labelled, as_identity(crystals, table.index))
        return cls(fitted_classifier, fitted, fitted_domain, json_safe(manifest), known)

    def predict(
        self, X: pd.DataFrame, *, crystals: pd.DataFrame | None = None, unknown: str = "ignore"
    ) -> pd.DataFrame:
        """Predict for crystals that may lie anywhere.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_columns)
            Descriptors in any order. Infinite values (3D networks) count as undefined and put a row outside
            the domain.
        crystals : DataFrame, optional
            Rows as in `X`, columns among `perovex.learn.bundle.known.KINDS`: metal, halide, n ... A kind that was not
            in training puts a row outside the domain, by name.
        unknown : {"ignore", "error"}, default "ignore"
            What to do with columns the models do not know.

        Returns
        -------
        pandas.DataFrame
            Index of `X`. Columns ``probability_stiff``, ``class`` (``"stiff"`` or ``"soft"``), ``threshold``
            (``probability_high`` ... of a property that is no modulus; none of them without a classifier);
            for each target its value, ``_lower`` and ``_upper`` and, where a member is a Gaussian process, its
            standard deviation ``_std``, in its unit; ``coverage`` (of new spacers inside the
            domain; NaN outside, where none is claimed), ``in_domain``, ``domain_reason``.

        Raises
        ------
        ModelInputError
            A descriptor that the models need is missing, or unknown ones with ``unknown="error"``.
        """
        table, infinite = asked_rows(X, self.feature_names, unknown)
        coverage = self.manifest["coverage"]
        columns: dict[str, Any] = {}
        if self.classifier is not None:
            columns |= class_columns(self.classifier, table, self.classes, self.threshold)
        columns |= value_columns(self.regressors, table, coverage, self.manifest.get("widening") or {})
        new_kinds: list[list[NewKind]] = [[] for _ in table.index]
        if self.known is not None:
            new_kinds = self.known.new_kinds(table.index, crystals)
        columns |= domain_columns(self.domain, table, infinite, new_kinds, coverage)
        return pd.DataFrame(columns, index=table.index)

    def distances(self, X: pd.DataFrame) -> pd.DataFrame:
        """Measure how far rows are from each training crystal, as the domain does.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_columns)
            Descriptors in any order.

        Returns
        -------
        DataFrame, shape (n_rows, n_crystals)
            Root mean square over descriptors in standard deviations; redundant descriptors weigh less.

        Raises
        ------
        ModelInputError
            The training crystals were not kept, or a descriptor is missing.
        """
        if self.known is None:
            raise ModelInputError("the training crystals were not kept with the models", remedy="train them again")
        table, _ = asked_rows(X, self.feature_names)
        asked, known = (
            self.domain.positions(rows[self.feature_names].to_numpy(float)) for rows in (table, self.known.X)
        )
        return pd.DataFrame(cdist(asked, known), index=table.index, columns=self.known.X.index)

    def redefined(self, versions: Mapping[str, str]) -> list[str]:
        """Return descriptors whose definition has another version than at training; unknown versions match.

        Parameters
        ----------
        versions : mapping of str to str
            Version of each descriptor as it is computed now.
        """
        trained = {d["key"]: d.get("version") for d in self.manifest.get("descriptors", [])}
        return [key for key, was in trained.items() if was and versions.get(key, was) != was]

    def save(self, folder: str | Path) -> Path:
        """Write the bundle to a folder; see `save_model`.

        Returns
        -------
        Path

        Raises
        ------
        ModelFileError
            The folder holds something else, or a model cannot be written without pickle.
        """
        followed = self._followed()
        content: dict[str, Any] = {
            "classifier": None if followed else self.classifier,  # its regressor is among those of the targets
            "follows": followed,
            "regressors": self.regressors,
            "domain": self.domain,
            "known": None if self.known is None else self.known.to_parts(),
        }
        keep = {k: v for k, v in self.manifest.items() if k not in _WRITTEN}
        if self.known is not None:
            keep["kinds"] = self.known.kinds()
        rows = None if self.known is None else self.known.X
        return save_model(content, folder, manifest=keep, rows=rows)

    @classmethod
    def load(cls, folder: str | Path) -> ModelBundle:
        """Read a bundle.

        Raises
        ------
        ModelFileError
            Missing, foreign, truncated or changed; a folder with a single model; or models that do not answer here
            as they did when they were written.
        """
        content, manifest = load_model(folder)
        if manifest["kind"] != "ModelBundle":
            raise ModelFileError(
                f"the folder holds a single {manifest['kind']}", remedy="use load_model", source=folder
            )
        visible = {k: v for k, v in manifest.items() if k != "model"}
        known = content["known"] and KnownCrystals.from_parts(content["known"])
        classifier = content["classifier"]
        if content.get("follows"):
            followed = content["regressors"][content["follows"]]
            classifier = following(followed, float(manifest["threshold"]))
        return cls(classifier, content["regressors"], content["domain"], visible, known)

    def _followed(self) -> str | None:
        """Name of the target whose regressor is also what the classifier asks; None where it has its own."""
        own = getattr(self.classifier, "regressor_", None)
        return next((name for name, model in self.regressors.items() if model is own), None)

    def card(self) -> str:
        """Return the model card as Markdown."""
        return card_markdown(self.manifest)

    def _repr_html_(self) -> str:
        return card_html(self.manifest, fragment=True)
