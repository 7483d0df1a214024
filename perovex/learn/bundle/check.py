"""A few rows with the answers a model gave when it was written: other answers on loading are a refusal.

Libraries change how they read each other's files. An xgboost before 3.1.1, for instance, ignores the base score in
files of 3.2 without a word, and predictions are off by a factor of two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from perovex._extras import command_for
from perovex._json import json_safe
from perovex.errors import ModelFileError
from perovex.learn.provenance import environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

#: Rows that go with a model.
N_ROWS: Final = 4
#: Answers that differ by less are the same: room for other processors and mathematical libraries.
TOLERANCE: Final = 1e-5


def answers(model: Any, rows: pd.DataFrame | NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return all numbers that a model, or the models of a bundle by name, give for some rows.

    Parameters
    ----------
    model : fitted model, or mapping of names to such models or mappings
    rows : DataFrame or ndarray, shape (n_rows, n_columns)

    Returns
    -------
    dict of str to ndarray, shape (n_rows,)

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> line = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    >>> answers({"E": line}, np.array([[3.0]]))["E, prediction"].round(6).tolist()
    [6.0]
    """
    if isinstance(model, dict):
        return {f"{name}, {key}": value for name, part in model.items() for key, value in answers(part, rows).items()}
    numbers: dict[str, Any] = {}
    if hasattr(model, "check"):
        numbers["distance"] = model.check(rows)["distance"]
    elif hasattr(model, "predict_proba"):
        numbers["probability"] = model.predict_proba(rows)[:, 1]
    elif hasattr(model, "predict") and hasattr(model, "estimator_") | (not hasattr(model, "fold_models_")):
        numbers["prediction"] = model.predict(rows)
    if hasattr(model, "predict_interval") and hasattr(model, "max_coverage_"):  # it was fitted with intervals
        bounds = model.predict_interval(rows, min(0.9, model.max_coverage_))
        numbers |= {"lower": bounds["lower"], "upper": bounds["upper"]}
    return {key: np.asarray(value, dtype=float) for key, value in numbers.items()}


def make_check(model: Any, rows: pd.DataFrame | None = None) -> dict[str, Any] | None:
    """Return the entry of the manifest that `verify` reads.

    Parameters
    ----------
    model : fitted model, or mapping of these
    rows : DataFrame, optional
        Rows like those of training, of which a few are kept; else made up.

    Returns
    -------
    dict or None
        None for a model that does not say which columns it takes.
    """
    probes = _made_up(model) if rows is None else _some(rows)
    if probes is None:
        return None
    content: dict[str, Any] = json_safe(
        {
            "columns": list(probes.columns) if isinstance(probes, pd.DataFrame) else None,
            "rows": np.asarray(probes, dtype=float),
            "answers": answers(model, probes),
            "tolerance": TOLERANCE,
        }
    )
    return content


def verify(model: Any, check: Mapping[str, Any] | None, saved_with: Mapping[str, str]) -> None:
    """Ask a loaded model for the answers it gave when it was written.

    Parameters
    ----------
    model : fitted model, or mapping of these
    check : mapping, optional
        As `make_check` made it.
    saved_with : mapping of str to str
        Versions of packages at that time.

    Raises
    ------
    ModelFileError
        An answer is another, or there is none.
    """
    if check is None:
        return
    rows = np.array(check["rows"], dtype=float)
    probes = rows if check["columns"] is None else pd.DataFrame(rows, columns=check["columns"])
    try:
        now = answers(model, probes)
    except Exception as error:  # whatever a reader of another version has made of the file
        raise ModelFileError(
            f"the model does not answer here: {error}{differing_versions(saved_with)}", remedy=same_versions(saved_with)
        ) from error
    for name, expected in check["answers"].items():
        was, answer = np.array(expected, dtype=float), now.get(name, np.array([]))
        if was.shape == answer.shape and np.allclose(answer, was, rtol=check["tolerance"], atol=1e-9, equal_nan=True):
            continue
        shown = f"{answer[0]:.4g} instead of {was[0]:.4g}" if len(answer) and len(was) else "nothing"
        raise ModelFileError(
            f"the model does not answer as when it was written ({name}: {shown}){differing_versions(saved_with)}",
            remedy=same_versions(saved_with),
        )


def differing_versions(saved_with: Mapping[str, str]) -> str:
    """Return which packages have another version than a model was written with, as the end of a sentence.

    Examples
    --------
    >>> differing_versions({"numpy": "0.1"})[:27]
    '; written with numpy 0.1, h'
    """
    here = environment()
    other = [f"{name} {was}, here {here.get(name, 'none')}" for name, was in _packages(saved_with) if here[name] != was]
    return f"; written with {'; '.join(other)}" if other else ""


def same_versions(saved_with: Mapping[str, str]) -> str:
    """Return what to do about a model that was written with other packages: the command that installs these.

    Examples
    --------
    >>> same_versions(environment())
    'train the models again'
    """
    other = [f"{name}=={was}" for name, was in _packages(saved_with) if environment()[name] != was]
    if not other:
        return "train the models again"
    return f"{command_for(*other)}, or train the models again"


def _packages(saved_with: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return packages that read model files and are installed here, with their versions at that time."""
    here = environment()
    return [(name, was) for name, was in saved_with.items() if name in here and name not in ("python", "platform")]


def _some(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a few rows, spread over the table."""
    return rows.iloc[np.unique(np.linspace(0, len(rows) - 1, N_ROWS).astype(int))]


def _made_up(model: Any) -> pd.DataFrame | NDArray[np.float64] | None:
    """Return rows of zeros, ones and normal numbers with the columns that a model takes."""
    parts = [*model.values()] if isinstance(model, dict) else [model, *getattr(model, "fold_models_", ())]
    for part in parts:
        names = getattr(part, "feature_names_in_", None)
        width = len(names) if names is not None else getattr(part, "n_features_in_", None)
        if width is None:
            continue
        drawn = np.random.default_rng(0).normal(size=(2, width))
        rows = np.vstack([np.zeros(width), np.ones(width), drawn])
        return rows if names is None else pd.DataFrame(rows, columns=[str(name) for name in names])
    return None
