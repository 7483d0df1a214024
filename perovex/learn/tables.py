"""Reading tables, targets and groups: one place that says what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import _check_sample_weight, validate_data

from perovex.errors import ModelInputError, ModelTableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


def listed(names: Iterable[Any], limit: int = 6) -> str:
    """Return names for a message, the first `limit` of them.

    Examples
    --------
    >>> listed("abcd", limit=2)
    'a, b and 2 more'
    """
    names = [str(name) for name in names]
    rest = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + rest


def refuse_infinite(X: Any) -> None:
    """Raise `ModelTableError` naming the columns of a DataFrame that hold an infinite value."""
    if not isinstance(X, pd.DataFrame):
        return
    numeric = X.select_dtypes("number")
    bad = numeric.columns[np.isinf(numeric.to_numpy(float, na_value=np.nan)).any(axis=0)]
    if len(bad):
        raise ModelTableError(
            f"infinite values in {listed(bad)}",
            remedy="describe 3D networks by 1/n instead of n, or leave the value undefined (NaN)",
        )


SINGLE = (np.float64, np.float32)
"""Types for algorithms that work in single precision anyway: a table in it is then not copied."""


def read_fit(
    estimator: Any, X: Any, y: Any = None, *, min_samples: int = 2, dtype: Any = np.float64, **options: Any
) -> Any:
    """Check a training table with scikit-learn's rules and raise perovex's error; missing values may stay."""
    names = _plain_names(X)
    try:
        checked = validate_data(
            estimator,
            # of a DataFrame scikit-learn would look at every column by itself, which takes longer than to fit a line
            X if names is None else X.to_numpy(),
            **({} if y is None else {"y": y}),
            dtype=dtype,
            ensure_all_finite="allow-nan",
            ensure_min_samples=min_samples,
            **options,
        )
    except (ValueError, TypeError) as error:
        refuse_infinite(X)
        if isinstance(error, TypeError):  # scikit-learn asks for a TypeError on sparse tables
            raise
        raise ModelTableError(str(error)) from error
    if names is not None:
        estimator.feature_names_in_ = names
    return checked


def _plain_names(X: Any) -> NDArray[Any] | None:
    """Names of the columns of a DataFrame of doubles with text for names; None for any other table."""
    if not isinstance(X, pd.DataFrame) or not X.shape[1]:
        return None
    plain = (X.dtypes == np.float64).all() and all(isinstance(name, str) for name in X.columns)
    return np.asarray(X.columns, dtype=object) if plain else None


def read_predict(estimator: Any, X: Any, *, dtype: Any = np.float64) -> NDArray[Any]:
    """Check a table against the one the estimator was fitted on."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None and isinstance(X, pd.DataFrame) and len(X) and X.columns.tolist() == names.tolist():
        # what most callers hand in; scikit-learn takes 20 times as long to look through it, once for each model asked
        values = X.to_numpy()
        if values.dtype == np.float64 and not np.isinf(values).any():
            return values
    check_columns(X, names)
    try:
        return validate_data(estimator, X, reset=False, dtype=dtype, ensure_all_finite="allow-nan")
    except ValueError as error:
        refuse_infinite(X)
        raise ModelTableError(str(error)) from error


def check_columns(X: Any, expected: Sequence[str] | NDArray[Any] | None) -> None:
    """Raise `ModelTableError` when a DataFrame lacks descriptors of a model or holds unknown ones."""
    if expected is None or not isinstance(X, pd.DataFrame):
        return
    given, known = [str(name) for name in X.columns], [str(name) for name in expected]
    if given == known:
        return
    have, wanted = set(given), set(known)
    missing = [name for name in known if name not in have]
    unknown = [name for name in given if name not in wanted]
    if missing or unknown:
        parts = []
        if unknown:
            parts.append(f"feature names unseen at fit time: {listed(unknown)}")
        if missing:
            parts.append(f"feature names seen at fit time, yet now missing: {listed(missing)}")
        raise ModelTableError(
            "The feature names should match those that were passed during fit. " + "; ".join(parts),
            remedy="pass the descriptors the model was trained on: X[model.feature_names_in_]",
        )


def as_table(X: Any) -> pd.DataFrame:
    """Return a float DataFrame with text column names.

    Parameters
    ----------
    X : DataFrame or array_like, shape (n_rows, n_columns)
        Descriptor values; NaN where undefined.

    Raises
    ------
    ModelTableError
        Values that are not numbers, infinite values, repeated column names.
    """
    frame = X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X))
    frame = frame.rename(columns=str)
    if not frame.columns.is_unique:
        raise ModelTableError(f"repeated columns: {listed(frame.columns[frame.columns.duplicated()])}")
    try:
        frame = frame.astype(float)
    except (TypeError, ValueError) as error:
        bad = [c for c in frame if not pd.api.types.is_numeric_dtype(frame[c])]
        raise ModelTableError(
            f"columns that are not numbers: {listed(bad)}", remedy="pass descriptor columns only"
        ) from error
    refuse_infinite(frame)
    return frame


def as_target(y: Any, n_rows: int, index: pd.Index | None = None) -> pd.Series:
    """Return the target as a Series aligned by position; refuse NaN and a wrong length."""
    flat = np.asarray(y).ravel()
    if len(flat) != n_rows:
        raise ModelTableError(f"{len(flat)} target values for {n_rows} rows")
    values = pd.Series(flat, index=index, name=getattr(y, "name", None))
    if index is not None and isinstance(y, pd.Series) and not y.index.equals(index):
        raise ModelTableError("the index of the target differs from the index of the table")
    if values.isna().any():
        raise ModelTableError(
            f"{int(values.isna().sum())} target values are missing", remedy="drop these rows before fitting"
        )
    return values


def as_groups(groups: Any, n_rows: int) -> pd.Series:
    """Return groups as text, one per row; every row its own group where `groups` is None."""
    if groups is None:
        return pd.Series([f"row {i}" for i in range(n_rows)])
    series = pd.Series(np.asarray(groups, dtype=object).ravel())
    if len(series) != n_rows:
        raise ModelTableError(f"{len(series)} groups for {n_rows} rows")
    if series.isna().any():
        raise ModelTableError(
            f"{int(series.isna().sum())} rows have no group",
            remedy="give crystals without a spacer a group of their own, for example the formula",
        )
    return series.astype(str)


def need_groups(groups: pd.Series, minimum: int, what: str) -> None:
    """Raise `ModelInputError` when there are fewer than `minimum` groups."""
    n_groups = groups.nunique()
    if n_groups < minimum:
        raise ModelInputError(
            f"{what} needs at least {minimum} groups, the table has {n_groups}",
            remedy="add crystals of other groups (spacers)",
        )


def as_weights(sample_weight: Any, X: Any) -> NDArray[np.float64] | None:
    """Return sample weights as floats, or None where there are none to tell rows apart.

    Raises
    ------
    ModelTableError
        A wrong length, negative or non-finite weights, or fewer than two rows with a weight.
    """
    if sample_weight is None:
        return None
    try:
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    except ValueError as error:
        raise ModelTableError(f"sample_weight: {error}") from error
    if np.count_nonzero(weights) < 2:
        raise ModelTableError("fewer than two rows have a sample weight above zero")
    return np.asarray(weights, dtype=float)


def rows_of(X: Any, rows: NDArray[Any]) -> Any:
    """Return rows of a table or array, by position or mask."""
    return X.iloc[rows] if isinstance(X, (pd.DataFrame, pd.Series)) else np.asarray(X)[rows]


def maybe_rows(values: Any, rows: NDArray[Any]) -> Any:
    """Return rows of values that may be None (groups, weights)."""
    if values is None:
        return None
    return rows_of(values if hasattr(values, "iloc") else np.asarray(values), rows)


def heeded(
    X: Any, values: NDArray[Any], y: NDArray[Any], groups: Any, sample_weight: Any
) -> tuple[Any, NDArray[Any], NDArray[Any], Any, NDArray[np.float64] | None]:
    """Return table, values, target, groups and weights without the rows of weight zero.

    Raises
    ------
    ModelTableError
        As `as_weights`.
    """
    weights = as_weights(sample_weight, values)
    if weights is None or weights.all():
        return X, values, y, groups, weights
    used = weights > 0
    return rows_of(X, used), values[used], y[used], maybe_rows(groups, used), weights[used]
