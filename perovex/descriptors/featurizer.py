"""A scikit-learn transformer from crystals to a table of descriptors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, TransformerMixin
from tqdm import tqdm

from perovex.descriptors.describing import missing_hydrogens, row
from perovex.descriptors.registry import REGISTRY
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    #: Values (none where the crystal failed), error and warnings of one crystal.
    _Result = tuple[dict[str, float], PerovexError | None, tuple[str, ...]]

__all__ = ["HOIPFeaturizer"]


class HOIPFeaturizer(TransformerMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Turn crystals into rows of descriptors.

    Cation descriptors are cached by molecule, so a series of crystals of one spacer pays for its graph once.

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

    Attributes
    ----------
    warnings_ : pandas.Series
        What perception remarked on each crystal of the last `transform`, joined by semicolons; indexed as
        the output is, without the crystals that gave no reason.
    errors_ : pandas.DataFrame
        Failed rows of the last `transform`: columns ``kind`` (class of the error) and ``message``, indexed as
        the output is. Empty if all went well.
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
    ) -> None:
        self.families = families
        self.on_error = on_error
        self.n_jobs = n_jobs
        self.progress = progress
        self.disorder = disorder

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
            `on_error` or `disorder` is unknown.
        """
        del X, y
        REGISTRY.families(self.families)
        if self.disorder not in ("error", "major"):
            raise ValueError(f"disorder must be 'error' or 'major', not {self.disorder!r}")
        if self.on_error not in ("raise", "row"):
            raise ValueError(f"on_error must be 'raise' or 'row', not {self.on_error!r}")
        self.n_features_in_ = 1
        return self

    def transform(self, X: Iterable[Any]) -> pd.DataFrame:
        """Compute one row per crystal.

        Parameters
        ----------
        X : iterable of paths, pymatgen Structures, ase Atoms or LayeredPerovskites
            The crystals; a pandas Series or a table of one column keeps its index.

        Returns
        -------
        pandas.DataFrame, shape (number of crystals, number of descriptors)
            Float; indexed like `X` if it has an index, else by number.

        Raises
        ------
        PerovexError
            A crystal failed and `on_error` is ``"raise"``.
        """
        self.fit(X)
        items, index = _items(X)
        keys = REGISTRY.keys_of(self.families)
        rows: list[list[float]] = []
        failures: list[tuple[Any, str, str]] = []
        remarks: list[tuple[Any, str]] = []
        for label, (values, error, warnings) in zip(index, self._results(items), strict=True):
            if error is not None:
                if self.on_error == "raise" and not values:
                    raise error
                failures.append((label, error.kind, str(error)))
            if warnings:
                remarks.append((label, "; ".join(warnings)))
            rows.append([values[key] for key in keys] if values else [np.nan] * len(keys))
        # lists, not mappings: labels may repeat
        self.errors_ = pd.DataFrame(
            [f[1:] for f in failures], index=pd.Index([f[0] for f in failures]), columns=["kind", "message"]
        )
        self.warnings_ = pd.Series([r[1] for r in remarks], index=pd.Index([r[0] for r in remarks]), dtype=object)
        return pd.DataFrame(np.array(rows, dtype=float).reshape(-1, len(keys)), index=index, columns=keys)

    def _results(self, items: list[Any]) -> Iterator[_Result]:
        work = Parallel(n_jobs=self.n_jobs, return_as="generator")(
            delayed(_one)(item, self.families, self.disorder) for item in items
        )
        yield from tqdm(work, total=len(items), desc="describe", unit="crystal", disable=not self.progress)

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


def _items(X: Iterable[Any]) -> tuple[list[Any], pd.Index]:
    """Crystals in a list, and the index of their rows."""
    if isinstance(X, pd.DataFrame):
        if X.shape[1] != 1:
            raise ValueError(f"a table of crystals has one column, not {X.shape[1]}")
        X = X.iloc[:, 0]
    if isinstance(X, pd.Series):
        return list(X), X.index
    if isinstance(X, (str, Path)):
        X = [X]
    items = list(np.asarray(X, dtype=object).ravel()) if isinstance(X, np.ndarray) else list(X)
    return items, pd.RangeIndex(len(items))


def _one(item: Any, families: str | list[str] | None, disorder: str) -> _Result:
    """Describe one crystal; the error travels as a value so that a batch survives it."""
    from perovex.crystal import perceive
    from perovex.crystal.model import LayeredPerovskite

    try:
        crystal = item if isinstance(item, LayeredPerovskite) else perceive(item, disorder=disorder)
        return row(crystal, families), missing_hydrogens(crystal, families), crystal.warnings
    except PerovexError as error:
        return {}, error.at(item) if isinstance(item, (str, Path)) else error, ()
