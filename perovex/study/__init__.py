"""The main job: data -> validated models -> explanation -> claims -> transfer -> report."""

from perovex.study.options import StudyOptions
from perovex.study.run import StudyResult, run_study
from perovex.study.tables import TARGETS, StudyTables, build_tables

__all__ = ["TARGETS", "StudyOptions", "StudyResult", "StudyTables", "build_tables", "run_study"]
