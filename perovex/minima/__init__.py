"""Minima of a compound: candidates by many strategies, relaxed, told apart, counted; the lowest is what to label."""

from perovex.minima.archive import pack_search, unpack_search
from perovex.minima.campaign import LabelChoice, Targets, open_search, read_starts, search_minima
from perovex.minima.candidate import Candidate, Outcome, OutcomeStore
from perovex.minima.compound import Compound
from perovex.minima.duplicates import SameMinimum, distinct
from perovex.minima.known import Known, Start
from perovex.minima.search import SearchSettings, search_family, untried
from perovex.minima.statement import NEAR, Statement, candidate_table, state, statement_table
from perovex.minima.strategies import DEFAULT_STRATEGIES, describe_strategies, register_strategy

__all__ = [
    "DEFAULT_STRATEGIES",
    "NEAR",
    "Candidate",
    "Compound",
    "Known",
    "LabelChoice",
    "Outcome",
    "OutcomeStore",
    "SameMinimum",
    "SearchSettings",
    "Start",
    "Statement",
    "Targets",
    "candidate_table",
    "describe_strategies",
    "distinct",
    "open_search",
    "pack_search",
    "read_starts",
    "register_strategy",
    "search_family",
    "search_minima",
    "state",
    "statement_table",
    "unpack_search",
    "untried",
]
