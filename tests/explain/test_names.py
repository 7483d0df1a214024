"""Names and units of descriptors, from the user or the registry."""

import pytest

from perovex.descriptors import REGISTRY
from perovex.explain.names import Names, amount, axis_label, name_of, unit_of

KEY = "bridge_angle_mean"


def test_a_users_words_go_before_those_of_the_registry():
    assert name_of(KEY) == REGISTRY[KEY].label
    assert unit_of(KEY) == "deg"
    assert axis_label(KEY, Names({KEY: "rad"}, {KEY: "angle"})) == "angle (rad)"


@pytest.mark.parametrize("unit", ["", "1"])
def test_what_has_no_unit_has_no_brackets(unit):
    assert axis_label("own", Names({"own": unit})) == "own"
    assert amount(0.5, "own", Names({"own": unit})) == "0.5"


def test_an_undefined_amount_is_said():
    assert amount(float("nan"), KEY) == "undefined"
    assert amount(172.43219, KEY) == "172.4 deg"
