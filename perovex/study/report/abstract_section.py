"""The section of the report on the abstract as it was meant: sign and strength of what it names, beside rivals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._numbers import with_interval
from perovex._words import group_words
from perovex.explain import association_matrix, association_sentences, how_to_read, plain_sentences
from perovex.explain.names import name_of
from perovex.figures import figure, plot_associations, save_figure
from perovex.report.wording import in_words
from perovex.study.questions import ABSTRACT, OTHERS_CLAIM

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.report import Section
    from perovex.study.modelling import TaskResult
    from perovex.study.result import StudyResult

_DRAWN = ("bridge_angle_min", "stei_max")
_FAMILY = "octahedral"


def add_abstract(section: Section, result: StudyResult, figures: Path) -> None:
    """Fill the section on sign and strength of angle, STEI and deformation."""
    asked = [task for task in result.tasks.values() if task.associations is not None]
    _, many = group_words(result.tables.group_name)
    section.text(how_to_read(many))
    _draw(section, asked[-1], figures, many)
    section.table(
        concept_verdicts(asked),
        "Verdicts descriptor by descriptor: as stated, and beyond halide, n and source. 'Dominant' asks who leads, not "
        "who matters.",
        index=False,
        badges=[task.name for task in asked],
    )
    ranks_and_level = transfer_table(asked)
    if len(ranks_and_level):
        section.table(
            ranks_and_level,
            f"What a model of n = 1 with octahedral descriptors alone says of n >= 2, {many} held out: their order "
            "(rank correlation), their order within one halide, and their level (gain over the better mean, in the "
            "unit of the property). Composition alone stands beside it: octahedra carry the halide as bond length.",
            index=False,
        )
    for task in asked:
        assert task.associations is not None
        _associations(section, task.associations, task.name, many)
    _plain(section, result, many)


def _associations(section: Section, table: pd.DataFrame, target: str, many: str) -> None:
    named = table[table["descriptor"].isin(ABSTRACT)]
    section.text(f"{target}:").bullets(association_sentences(named, target, many=many))
    caption = f"Rank correlation with {target} in every view, 95 % intervals over {many}."
    section.table(association_matrix(named, many=many), caption, folded=True)
    others = table[table["descriptor"].isin(OTHERS_CLAIM)]
    if len(others):
        section.bullets(association_sentences(others, target, many=many))


def concept_verdicts(tasks: list[TaskResult]) -> pd.DataFrame:
    """Return the verdict on every concept of every claim, one column per target.

    Parameters
    ----------
    tasks : list of TaskResult
        With verdicts.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for task in tasks:
        for verdict in task.verdicts:
            for concept, word in verdict.by_concept.items():
                row = rows.setdefault((verdict.id, concept), {"claim": verdict.claim, "descriptor": concept})
                row[task.name] = word
    columns = ["claim", "descriptor", *(task.name for task in tasks)]
    return pd.DataFrame(rows.values(), columns=columns).fillna("not tested")


def transfer_table(tasks: list[TaskResult]) -> pd.DataFrame:
    """Return ranks and level of the octahedral model of n = 1 on n >= 2, and of composition beside it.

    Parameters
    ----------
    tasks : list of TaskResult
        With transfer tests.
    """
    rows = []
    for task in tasks:
        tested = task.transfer
        if tested is None or not tested.possible:
            continue
        for family in (_FAMILY, "composition", "all"):
            row = tested.row("source only", family=family)
            if row is None:
                continue
            scores = {"order": "spearman", f"order within one {tested.given}": f"spearman given {tested.given}"}
            cells = {words: _cell(row, score) for words, score in {**scores, "level": "gain"}.items()}
            rows.append({"target": task.name, "descriptors": family, **cells})
    return pd.DataFrame(rows)


def _cell(row: pd.Series, score: str) -> str:
    if score not in row or not np.isfinite(row[score]):
        return ""
    return with_interval(float(row[score]), float(row[f"{score}_lower"]), float(row[f"{score}_upper"]))


def _draw(section: Section, task: TaskResult, figures: Path, many: str) -> None:
    table = task.associations
    assert table is not None
    named = [name for name in _DRAWN if name in set(table["descriptor"])]
    if not named:
        return
    made, axes = figure(5.4 * len(named), 5.2, ncols=len(named))
    for name, ax in zip(named, np.ravel(axes), strict=True):
        plot_associations(table, name, groups=many, ax=ax)
    for ax in np.ravel(axes)[1:]:
        ax.get_legend().remove()  # that of the first serves
    section.drawing(
        save_figure(made, figures, "abstract"),
        f"{' and '.join(name_of(name) for name in named)} with {task.name} in every view. Filled marks leave out zero.",
    )


def _plain(section: Section, result: StudyResult, many: str) -> None:
    if result.plain is None or result.plain.value is None or result.plain.value.empty:
        return
    table = result.plain.value
    section.text(
        f"What a plain model of twelve descriptors says ({result.options.target} above its median, {many} held out). "
        "A descriptor that leads over all crystals and not within a source tells sources apart:"
    )
    section.bullets(plain_sentences(table))
    section.table(in_words(table), "The same in numbers.", index=False, folded=True)
