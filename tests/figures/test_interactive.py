"""Charts of the report that answer to the pointer."""

import pandas as pd
import pytest

from perovex.figures.interactive import parity_chart

HELD = pd.DataFrame(
    {"truth": [8.0, 12.0, 9.0], "prediction": [9.0, 11.0, 9.5], "lower": [7.0, 9.0, 8.0], "upper": [10.0, 13.0, 11.0]},
    index=["one", "two", "three"],
)
HALIDE = pd.Series(["I", "Br", "I"], index=HELD.index)


def test_every_crystal_stands_at_its_values_under_its_name():
    chart = parity_chart(HELD, HALIDE, unit="km/s")
    iodides = next(trace for trace in chart.data if trace.name == "I")
    assert list(iodides.x) == [8.0, 9.0]
    assert list(iodides.y) == [9.0, 9.5]
    assert iodides.text[0] == "one<br>label 8, predicted 9 (7 to 10)"
    assert chart.layout.xaxis.title.text == "label (km/s)"


def test_without_intervals_none_are_said_and_all_points_lie_inside():
    chart = parity_chart(HELD[["truth", "prediction"]], HALIDE)
    assert "to" not in chart.data[1].text[0]
    low, high = chart.layout.xaxis.range
    assert low < HELD["truth"].min() < HELD["truth"].max() < high
    assert high - low == pytest.approx(1.1 * 4.0)
