"""The main job: data -> validated models -> explanation -> claims -> transfer -> report."""

from perovex.study.options import StudyOptions
from perovex.study.result import StudyResult
from perovex.study.run import run_study
from perovex.study.tables import TARGETS, Quantity, StudyTables, build_tables

__all__ = ["TARGETS", "Quantity", "StudyOptions", "StudyResult", "StudyTables", "build_tables", "run_study"]
