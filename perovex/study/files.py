"""What a study writes, and how it leaves alone what it did not write."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from perovex._files import check_folder, write_atomic
from perovex.errors import PerovexError
from perovex.learn.bundle.folder import refuse_foreign
from perovex.report.saved import SAVED, save_report
from perovex.study.config import write_config
from perovex.study.kept import Kept
from perovex.study.report.report import build_report

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.study.result import StudyResult

MANIFEST = "files.json"
_SINGLE = ("report.html", SAVED, "results.json", "descriptors.csv", "study.yaml", MANIFEST)


def check_out(out: Path) -> None:
    """Make the folder of a study and refuse one in which its files could not be written.

    Raises
    ------
    PerovexError
        No folder can be made, a folder stands where a file belongs, or ``models/`` holds something else.
    """
    check_folder(out)
    for name in _SINGLE:
        if (out / name).is_dir():
            raise PerovexError("a folder stands where a file belongs", remedy="choose another --out", source=out / name)
    for name in ("figures", "tables"):
        if (out / name).exists() and not (out / name).is_dir():
            raise PerovexError("a file stands where a folder belongs", remedy="choose another --out", source=out / name)
    refuse_foreign(out / "models")


def write_study(result: StudyResult, out: Path) -> None:
    """Write every file of a study, the report first; old ones of another study are removed, and nothing else.

    Parameters
    ----------
    result : StudyResult
    out : path
        Checked by `check_out`.
    """
    old, figures = _written_before(out), _inodes(out / "figures")
    head = {name: str(result.asked.get(name) or "") for name in ("title", "authors", "notes")}
    document = build_report(result, out / "figures", **head)
    document.write(out / "report.html")
    save_report(document, out)
    content = json.dumps(result.to_dict(), indent=1, allow_nan=False)
    write_atomic(out / "results.json", (content + "\n").encode())
    write_atomic(out / "study.yaml", write_config(result.asked).encode())
    table = result.tables.descriptors.join(_all_values(result), how="left")
    write_atomic(out / "descriptors.csv", _csv(table))
    tables = tidy_tables(result)
    for name, frame in tables.items():
        write_atomic(out / "tables" / f"{name}.csv", _csv(frame, index=False))
    write_atomic(out / "tables" / "shap_values.parquet", _parquet(shap_table(result)))
    result.bundle.save(out / "models")
    drawn = {name for name, inode in _inodes(out / "figures").items() if figures.get(name) != inode}
    new = {f"figures/{name}" for name in drawn} | {f"tables/{name}.csv" for name in tables} | set(_SINGLE)
    new.add("tables/shap_values.parquet")
    for name in old - new:
        (out / name).unlink(missing_ok=True)
    write_atomic(out / MANIFEST, (json.dumps({"files": sorted(new)}, indent=1) + "\n").encode())
    Kept(out, "").remove()


def _all_values(result: StudyResult) -> pd.DataFrame:
    """Values of all crystals that have them, those for comparison included."""
    names = list(result.tables.values)
    parts = [result.tables.values]
    if len(result.tables.context):
        parts.append(result.tables.context[names].astype(float))
    return pd.concat(parts)


def tidy_tables(result: StudyResult) -> dict[str, pd.DataFrame]:
    """Return what was found about single crystals and models, one observation a row.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    dict of str to DataFrame
        ``predictions``, ``scores``, ``scores_by_part``, ``scores_left_out``, ``neighbours``; columns in docs/study.md.
    """
    tables: dict[str, dict[str, pd.DataFrame]] = {
        "predictions": {},
        "scores": {},
        "scores_by_part": {},
        "scores_left_out": {},
    }
    for name, task in result.tasks.items():
        evaluation = task.evaluation
        if evaluation is None:
            continue
        tables["predictions"][name] = evaluation.predictions.rename(columns={"id": "crystal_id"}).drop(columns="row")
        tables["scores"][name] = evaluation.scores
        tables["scores_by_part"][name] = evaluation.by_part()
        tables["scores_left_out"][name] = evaluation.left_out
    return {name: _stacked(of_tasks) for name, of_tasks in tables.items()} | {"neighbours": result.neighbours}


def _stacked(of_tasks: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of several tasks below each other, the name of the task in the first column."""
    named = [table.assign(task=name) for name, table in of_tasks.items() if len(table)]
    stacked = pd.concat(named, ignore_index=True) if named else pd.DataFrame({"task": []})
    return stacked[["task", *stacked.columns.drop("task")]]


def shap_table(result: StudyResult) -> pd.DataFrame:
    """Return the SHAP value of every crystal, descriptor and repeat, with the fold that held the crystal out."""
    parts = []
    for name, task in result.tasks.items():
        explanation = task.explanation
        if explanation is None:
            continue
        fold_of: dict[tuple[int, int], int] = {}
        for number, fold in enumerate(explanation.folds):
            fold_of.update({(fold.repeat, int(row)): number for row in fold.test})
        crystals, descriptors = explanation.X.index.to_numpy(), explanation.X.columns.to_numpy()
        for repeat, values in enumerate(explanation.repeats):
            folds = [fold_of[repeat, row] for row in range(len(crystals))]
            part = {
                "task": name,
                "crystal_id": crystals.repeat(len(descriptors)),
                "repeat": repeat,
                "fold": pd.Series(folds).repeat(len(descriptors)).to_numpy(),
                "descriptor": list(descriptors) * len(crystals),
                "value": explanation.X.to_numpy().ravel(),
                "shap": values.ravel(),
                "unit": explanation.unit,
            }
            parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"task": []})


def _csv(frame: pd.DataFrame, *, index: bool = True) -> bytes:
    return frame.to_csv(lineterminator="\n", index=index).encode()


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _written_before(out: Path) -> set[str]:
    """Files that an earlier study wrote here, by its own list; names that lead elsewhere are not believed."""
    try:
        listed: Any = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    root = out.resolve()
    return {name for name in listed if isinstance(name, str) and root in (out / name).resolve().parents}


def _inodes(folder: Path) -> dict[str, int]:
    """Which files a folder holds; one that is written anew is another file of the same name."""
    return {path.name: path.stat().st_ino for path in folder.glob("*")} if folder.is_dir() else {}
