"""A scikit-learn transformer from crystals to a table of descriptors."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from perovex._cluster import EXECUTORS
from perovex.crystal.identity import FACTS
from perovex.descriptors.batch import describe_each, named_items
from perovex.descriptors.registry import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["HOIPFeaturizer"]


class HOIPFeaturizer(TransformerMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Turn crystals into rows of descriptors.

    Cation descriptors are cached by molecule, so a series of crystals of one spacer pays for its graph once. Isolated
    or corner-sharing octahedra that form neither (100) sheets nor a 3D perovskite are NaN where a descriptor needs
    axes, and `warnings_` names what they form.

    Parameters
    ----------
    families : str or list of str, optional
        Families to compute (see `perovex.descriptors.FAMILIES`); all by default.
    on_error : {"raise", "row"}, default "raise"
        What a crystal that cannot be read or perceived does: raise its error, or become a row of NaN that
        `errors_` lists.
    n_jobs : int, default 1
        Number of processes, as in joblib.
    progress : bool, default False
        Show a progress bar on stderr.
    disorder : {"error", "major"}, default "error"
        What to do about partial occupancy: an error, or the major component (see `perovex.read`).
    executor : {"local", "dask"}, default "local"
        Where the work is done; a Dask cluster gives the same numbers. Its workers have to see files that are given by
        their paths.
    scheduler : str, optional
        Address of the Dask scheduler, such as ``tcp://host:8786``.

    Attributes
    ----------
    warnings_ : pandas.Series
        What reading and perception remarked on each crystal of the last `transform`, a list of texts; indexed as
        the output is, without the crystals that gave no reason.
    errors_ : pandas.DataFrame
        Failed rows of the last `transform`: columns ``kind`` (class of the error) and ``message``, indexed as
        the output is. Empty if all went well.
    compounds_ : pandas.DataFrame
        What the crystals of the last `transform` are: formula, SMILES of the spacers, dimensionality, n, metal, halide,
        phase, stacking, cage cation; indexed as the output is, empty where a crystal failed.
    n_features_in_ : int
        Always 1: a column of crystals.

    Examples
    --------
    >>> from pymatgen.core import Lattice, Structure
    >>> from perovex.descriptors import HOIPFeaturizer
    >>> halides = [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
    >>> cubic = Structure(Lattice.cubic(5.9), ["Cs", "Pb", *3 * ["Br"]], [[0.5] * 3, [0] * 3, *halides])
    >>> table = HOIPFeaturizer(families=["octahedra"]).fit_transform([cubic])
    >>> table.shape, float(table["bond_length_mean"].iloc[0].round(3))
    ((1, 21), 2.95)
    """

    def __init__(
        self,
        families: str | list[str] | None = None,
        *,
        on_error: Literal["raise", "row"] = "raise",
        n_jobs: int = 1,
        progress: bool = False,
        disorder: Literal["error", "major"] = "error",
        executor: Literal["local", "dask"] = "local",
        scheduler: str | None = None,
    ) -> None:
        self.families = families
        self.on_error = on_error
        self.n_jobs = n_jobs
        self.progress = progress
        self.disorder = disorder
        self.executor = executor
        self.scheduler = scheduler

    def fit(self, X: Iterable[Any], y: Any = None) -> HOIPFeaturizer:
        """Check the parameters; there is nothing to learn.

        Parameters
        ----------
        X : iterable of paths, structures or perceived crystals
            Ignored.
        y : ignored
            For the scikit-learn interface.

        Returns
        -------
        HOIPFeaturizer
            Itself.

        Raises
        ------
        UnknownDescriptorError
            A family is unknown.
        ValueError
            `on_error`, `disorder` or `executor` is unknown.
        """
        del X, y
        REGISTRY.families(self.families)
        if self.disorder not in ("error", "major"):
            raise ValueError(f"disorder must be 'error' or 'major', not {self.disorder!r}")
        if self.on_error not in ("raise", "row"):
            raise ValueError(f"on_error must be 'raise' or 'row', not {self.on_error!r}")
        if self.executor not in EXECUTORS:
            raise ValueError(f"executor must be {' or '.join(map(repr, EXECUTORS))}, not {self.executor!r}")
        self.n_features_in_ = 1
        return self

    def transform(self, X: Iterable[Any]) -> pd.DataFrame:
        """Compute one row per crystal.

        Parameters
        ----------
        X : iterable or mapping of paths, pymatgen Structures, ase Atoms or LayeredPerovskites
            The crystals; a mapping, a pandas Series or a table of one column keeps its names, and files are named by
            their paths.

        Returns
        -------
        pandas.DataFrame, shape (number of crystals, number of descriptors)
            Float; indexed like `X` if it has names, else by number.

        Raises
        ------
        PerovexError
            A crystal failed and `on_error` is ``"raise"``, or the cluster cannot be reached.
        """
        self.fit(X)
        items, index = named_items(X)
        keys = REGISTRY.keys_of(self.families)
        results = describe_each(
            items, self.families, disorder=self.disorder, n_jobs=self.n_jobs, progress=self.progress,
            executor=self.executor, scheduler=self.scheduler,
        )  # fmt: skip
        rows: list[list[float]] = []
        failures: list[tuple[Any, str, str]] = []
        remarks: list[tuple[Any, list[str]]] = []
        compounds: list[dict[str, Any]] = []
        n_failed = 0
        for label, crystal in zip(index, results, strict=True):
            if crystal.error is not None:
                if self.on_error == "raise" and not crystal.values:
                    raise crystal.error
                failures.append((label, crystal.error.kind, str(crystal.error)))
            if crystal.warnings:
                remarks.append((label, list(crystal.warnings)))
            n_failed += not crystal.values
            compounds.append(crystal.identity)
            rows.append([crystal.values.get(key, np.nan) for key in keys])
        if items and n_failed == len(items):
            warnings.warn(f"none of {len(items)} crystals could be described: {failures[0][2]}", stacklevel=2)
        # lists, not mappings: labels may repeat
        self.errors_ = pd.DataFrame(
            [f[1:] for f in failures], index=pd.Index([f[0] for f in failures]), columns=["kind", "message"]
        )
        self.compounds_ = pd.DataFrame(compounds, index=index, columns=list(FACTS))
        noted = pd.Index([r[0] for r in remarks])
        self.warnings_ = pd.Series([r[1] for r in remarks], index=noted, dtype=object)
        return pd.DataFrame(np.array(rows, dtype=float).reshape(-1, len(keys)), index=index, columns=keys)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the keys of the descriptors, in order of columns.

        Parameters
        ----------
        input_features : ignored
            For the scikit-learn interface.

        Returns
        -------
        ndarray of str
            Keys of `perovex.descriptors.REGISTRY`.
        """
        del input_features
        return np.array(REGISTRY.keys_of(self.families), dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True  # nothing is learned

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        return tags
