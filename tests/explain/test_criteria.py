"""Criteria on evidence whose numbers are known, and the words that are made of them."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from perovex.errors import ClaimError
from perovex.explain import load_claims
from perovex.explain.claims.beyond import judge_beyond
from perovex.explain.claims.criteria import CRITERIA, criterion
from perovex.explain.claims.dominance import judge_top_k
from perovex.explain.claims.finding import Finding, Lack
from perovex.explain.claims.rates import fingerprint, measured_rates
from perovex.explain.claims.share import judge_share
from perovex.explain.claims.sign import judge_sign
from perovex.explain.claims.words import verdict_reason

N_DRAWS = 200
COLUMNS = ["lead", "second", "third"]
VALUES = np.column_stack([[-5.0, -4.0, -2.0, -1.0, 1.0, 2.0, 4.0, 5.0], np.ones(8), np.zeros(8)])
"""SHAP values of eight rows: mean absolute values of 3, 1 and 0."""


@dataclass
class Made:
    """Evidence with one and the same draw, every descriptor a group of its own; above noise as far as asked."""

    above: float = 1.0
    correlation: np.ndarray = field(default_factory=lambda: np.eye(3))
    transfer: object = None
    associations: object = None
    skill: object = None
    reason: str = ""

    @property
    def explanation(self):
        X = pd.DataFrame({"lead": range(8), "second": [5.0, 6.0] * 4, "third": 2.0})
        problem = SimpleNamespace(y=pd.Series(range(8)))
        return SimpleNamespace(X=X, repeats=VALUES[None], members={}, problem=problem)

    @property
    def ranking(self):
        table = pd.DataFrame(self.correlation, index=COLUMNS, columns=COLUMNS)
        return SimpleNamespace(
            draws=(SimpleNamespace(rows=np.arange(8), values=VALUES),) * N_DRAWS,
            clusters=SimpleNamespace(correlation=table, members={name: (name,) for name in COLUMNS}),
            noise=SimpleNamespace(n_models=N_DRAWS, set_above=lambda _: self.above),
            above_noise=lambda _: self.above,
        )


SHARE = {"concepts": {"leader": ["lead"]}, "share": 0.5, "noise": 0.5}
TOP = {"concepts": {"it": ["lead"]}, "k": 1, "probability": 0.5, "refuted": 0.05, "noise": 0.5}
ALIKE = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])


def test_a_share_is_that_of_the_sums_of_shap_values():
    finding = judge_share(Made(), SHARE)
    assert finding.verdict == "supported"
    assert finding.numbers["leader"]["share"] == pytest.approx(3 / 4)
    assert verdict_reason("share", SHARE, finding, Made()) == "leader: share 0.75 (0.75 to 0.75)"
    assert judge_share(Made(above=0.2), SHARE).verdict == "undecided"


def test_a_small_share_refutes_unless_an_alias_may_hold_the_credit():
    wanted = SHARE | {"share": 0.9}
    assert judge_share(Made(), wanted).verdict == "not supported"
    made = Made(correlation=ALIKE)
    finding = judge_share(made, wanted)
    assert finding.verdict == "undecided"
    assert verdict_reason("share", wanted, finding, made).endswith("may hold its credit: second")


@pytest.mark.parametrize(("column", "verdict"), [("lead", "supported"), ("third", "not supported")])
def test_who_leads_in_all_draws_is_on_top_and_who_never_does_is_not(column, verdict):
    parameters = TOP | {"concepts": {"it": [column]}}
    finding = judge_top_k(Made(), parameters)
    assert finding.verdict == verdict
    assert finding.numbers["it"]["p_top_k"] == float(column == "lead")
    assert "it: in the top 1 with probability" in verdict_reason("top_k", parameters, finding, Made())


def test_who_is_lost_in_noise_leads_nothing():
    assert judge_top_k(Made(above=0.4), TOP).verdict == "undecided"


@pytest.mark.parametrize(("direction", "verdict"), [(1, "supported"), (-1, "not supported")])
def test_a_sign_is_that_of_value_and_own_shap_value(direction, verdict):
    parameters = {"concepts": {"it": ["lead"]}, "direction": direction, "noise": 0.5}
    finding = judge_sign(Made(), parameters)
    assert finding.verdict == verdict
    assert finding.numbers["it"]["descriptors"]["lead"]["spearman"] == pytest.approx(1.0)
    assert "lead 1.00 (1.00 to 1.00, above noise in 1.00)" in verdict_reason("sign", parameters, finding, Made())


def test_concepts_without_descriptors_are_named():
    parameters = SHARE | {"concepts": {"leader": ["lead"], "nobody": ["nothing_*"]}}
    finding = judge_share(Made(), parameters)
    assert (finding.verdict, finding.lacks) == ("undecided", (Lack("descriptors", ("nobody",)),))
    assert verdict_reason("share", parameters, finding, Made()) == "no descriptor in the table for: nobody"


def associations(lower, upper, kind="partial"):
    row = {"descriptor": "lead", "view": "given halide", "kind": kind, "estimate": (lower + upper) / 2}
    return pd.DataFrame([row | {"lower": lower, "upper": upper, "sign": "?"}])


@pytest.mark.parametrize(
    ("table", "verdict", "words"),
    [
        (associations(0.1, 0.3), "supported", "it, given halide: lead 0.20 (0.10 to 0.30)"),
        (associations(-0.3, -0.1), "not supported", "it, given halide: lead -0.20 (-0.30 to -0.10)"),
        (associations(-0.1, 0.1), "undecided", "it, given halide: lead 0.00 (-0.10 to 0.10)"),
        (associations(0.1, 0.3, kind="raw"), "undecided", "associations within strata were not measured"),
        (None, "undecided", "associations within strata were not measured"),
    ],
)
def test_what_is_left_where_rivals_are_equal(table, verdict, words):
    made, parameters = Made(associations=table), {"concepts": {"it": ["lead"]}, "direction": 1}
    finding = judge_beyond(made, parameters)
    assert finding.verdict == verdict
    assert verdict_reason("beyond", parameters, finding, made) == words


@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        (
            (Lack("count", ("crystals",), 9, 40), Lack("count", ("groups",), 2, 8)),
            "9 crystals, 40 are required; 2 groups, 8 are required",
        ),
        ((Lack("explanation"),), "nothing could be explained: one class only"),
        ((Lack("skill"),), "the models do not predict unseen groups: R2 -0.1"),
        ((Lack("transfer test"),), "no transfer test was made"),
        ((Lack("transfer"),), "too few"),
        ((Lack("source model"),), "no source model with the family 'octahedral'"),
        ((Lack("score", ("spearman",)),), "spearman was not measured"),
    ],
)
def test_what_is_lacking_is_said(lacks, words):
    made = Made(reason="one class only", transfer=SimpleNamespace(reason="too few"))
    made.skill = SimpleNamespace(sentence=lambda: "R2 -0.1")
    assert verdict_reason("transfer", {"family": "octahedral"}, Finding("undecided", lacks=lacks), made) == words


def test_a_single_score_is_said_with_its_interval():
    numbers = {"gain": 0.5, "gain_lower": 0.25, "gain_upper": 1.0}
    finding = Finding("supported", numbers, judged_by="gain")
    assert verdict_reason("transfer", {}, finding, Made()) == "gain over the better mean 0.5 (0.25 to 1)"


def test_criteria_are_found_by_name_alone():
    assert all(criterion(name) is rule for name, rule in CRITERIA.items())
    with pytest.raises(ClaimError, match="unknown criterion 'best'"):
        criterion("best")


def test_rates_belong_to_one_wording_and_one_set_of_parameters():
    claim = load_claims().claims[0]
    rule = criterion(claim.criterion)
    assert measured_rates()["claims"][claim.id]["rule"] == fingerprint(claim.criterion, rule.text, claim.parameters)
    reworded = replace(rule, text=f"{rule.text} ")
    assert fingerprint(claim.criterion, reworded.text, claim.parameters) != claim.fingerprint
