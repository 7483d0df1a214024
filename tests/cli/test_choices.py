"""Values of options that are refused by name."""

import pytest
import typer

from perovex.cli.choices import not_negative, positive, torch_device


@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
def test_no_positive_number(value):
    with pytest.raises(typer.BadParameter):
        positive(value)


def test_zero_may_be_allowed_and_nothing_is_nothing():
    assert not_negative(0.0) == 0.0
    assert positive(None) is None
    with pytest.raises(typer.BadParameter):
        not_negative(-1e-9)


@pytest.mark.parametrize("value", ["cpu", "cuda", "cuda:1", "mps"])
def test_devices(value):
    assert torch_device(value) == value


@pytest.mark.parametrize("value", ["gpu", "cuda:", "cuda:a", ""])
def test_no_devices(value):
    with pytest.raises(typer.BadParameter):
        torch_device(value)
