"""Labels of an expensive calculator, preconditioned by a cheap one: as few calls as promised, resumable after each."""

import json

import numpy as np
import pytest
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from ase.calculators.mixing import SumCalculator

from perovex.elasticity import LabelSettings, label
from perovex.elasticity.labels.campaign import Job, Precondition, label_many
from perovex.elasticity.labels.preconditioned import PreconditionedSettings, label_preconditioned
from perovex.elasticity.potentials.call_log import LoggedCalculator, read_calls
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings
from perovex.elasticity.response.strain_paths import PathSettings
from perovex.errors import LabelError

TIGHT = LabelSettings(relax=RelaxSettings(fmax=1e-4, smax=1e-3))
SETTINGS = PreconditionedSettings(
    cheap=TIGHT, relax=RelaxSettings(fmax=2e-3, smax=5e-3, max_steps=15), paths=PathSettings(strain=1e-3)
)


def expensive():
    """EMT and a little more, so that minimum, Hessian and response all differ from those of EMT."""
    return SumCalculator([EMT(), LennardJones(epsilon=0.02, sigma=2.4, rc=6.0, smooth=True)])


@pytest.fixture(scope="module")
def exact(alloy):
    return label(alloy, expensive(), TIGHT).record


@pytest.fixture(scope="module")
def few_calls(alloy, tmp_path_factory):
    calls = tmp_path_factory.mktemp("calls") / "calls.jsonl"
    return label_preconditioned(alloy, expensive, EMT(), calls, SETTINGS).record, calls


def test_few_calls_give_the_tensor_within_its_error_bar(exact, few_calls):
    record, _ = few_calls
    C, error = np.array(record["C_GPa"]), np.array(record["C_error_GPa"])
    missed = abs(C - np.array(exact["C_GPa"]))
    moved = abs(np.array(record["C_cheap_GPa"]) - np.array(exact["C_GPa"])).max()
    assert record["status"] == "accepted"
    assert moved > 5, "the cheap potential must be wrong enough to need correcting"
    assert missed.max() < 0.05 * moved
    assert (missed < error + 0.3).all(), "beyond the bar only what the looser relaxation leaves"
    assert record["calls"] <= 30 < exact["calls"]


def test_converged_response_is_that_of_a_label_in_fewer_calls(alloy, exact, tmp_path):
    settings = PreconditionedSettings(cheap=TIGHT, relax=TIGHT.relax, converge=0.01)
    record = label_preconditioned(alloy, expensive, EMT(), tmp_path / "calls.jsonl", settings).record
    np.testing.assert_allclose(record["C_GPa"], exact["C_GPa"], atol=0.2)
    assert record["calls"] < exact["calls"]
    assert record["lowest_eigenvalues"][0] == pytest.approx(exact["lowest_eigenvalues"][0], abs=0.02)


def test_interrupted_after_any_call_it_goes_on_and_repeats_none(alloy, few_calls, tmp_path):
    record, calls = few_calls
    lines = calls.read_text().splitlines(keepends=True)
    assert len(lines) == record["calls"]
    for kept in (1, len(lines) // 2, len(lines) - 1):
        path = tmp_path / f"{kept}.jsonl"
        path.write_text("".join(lines[:kept]) + lines[kept][: len(lines[kept]) // 2])  # the next was cut short
        again = label_preconditioned(alloy, expensive, EMT(), path, SETTINGS).record
        assert again["calls_made_now"] == len(lines) - kept
        np.testing.assert_allclose(again["C_GPa"], record["C_GPa"], atol=1e-4)
        assert len(path.read_text().splitlines()) == len(lines)


def test_a_finished_log_needs_no_calculator(alloy, few_calls, tmp_path):
    def none():
        raise AssertionError("asked for a calculator")

    record, calls = few_calls
    again = label_preconditioned(alloy, none, EMT(), calls, SETTINGS).record
    assert again["C_GPa"] == record["C_GPa"]
    assert again["calls_made_now"] == 0


def test_every_line_of_the_log_is_a_full_call(few_calls, alloy):
    for call in read_calls(few_calls[1]):
        assert np.shape(call["forces"]) == np.shape(call["positions"]) == (len(alloy), 3)
        assert np.shape(call["stress"]) == (6,)
        assert call["numbers"] == alloy.numbers.tolist()


@pytest.mark.parametrize(
    ("line", "cause"), [("not json\n", "line 1"), ("[1]\n", "not a call"), ('{"a": 1}\n', "not a")]
)
def test_a_file_that_is_no_log_is_a_typed_error(tmp_path, line, cause):
    path = tmp_path / "calls.jsonl"
    path.write_text(line)
    with pytest.raises(LabelError, match=cause) as error:
        LoggedCalculator(EMT, path)
    assert "calls.jsonl" in str(error.value)


def test_a_crystal_that_the_cheap_potential_cannot_relax_is_a_typed_error(alloy, tmp_path):
    settings = PreconditionedSettings(cheap=LabelSettings(relax=RelaxSettings(max_steps=1)))
    with pytest.raises(LabelError, match="cheap potential"):
        label_preconditioned(alloy, expensive, EMT(), tmp_path / "calls.jsonl", settings)


def test_a_folder_of_labels_leans_on_a_cheap_potential(alloy, tmp_path):
    from ase.io import write

    write(tmp_path / "alloy.extxyz", alloy)
    jobs = [Job(tmp_path / "alloy.extxyz", facts={"n": "inf"})]
    cheap = Precondition("emt", EMT(), SETTINGS)
    settings = {"potential": "emt+lj", "calculator": expensive(), "precondition": cheap}
    (record,) = label_many(jobs, tmp_path / "out", **settings)
    assert record["status"] == "accepted"
    assert record["precondition"]["name"] == "emt"
    assert record["E_vrh_error"] < 0.2 * record["E_vrh"]
    assert len(read_calls(tmp_path / "out" / "alloy@emt+lj.calls.jsonl")) == record["calls"]


def test_record_is_plain_json(few_calls):
    json.dumps(few_calls[0], allow_nan=False, default=float)
