"""Why labels are rejected, read back from records."""

import pytest

from perovex.elasticity.labels.causes import (
    BORN_UNSTABLE,
    CAUSES,
    NEGATIVE_MODE,
    NOT_CONVERGED,
    SOFT_MODE_DOMINATED,
    causes_of,
)


@pytest.mark.parametrize(
    ("reason", "causes"),
    [
        ("", []),
        ("soft-mode dominated", [SOFT_MODE_DOMINATED]),
        ("not converged: 3600 s spent", [NOT_CONVERGED]),
        ("negative mode; Born-unstable", [NEGATIVE_MODE, BORN_UNSTABLE]),
        ("unknown to us: 3; 4", ["unknown to us"]),
        (
            "Born-unstable; n changed while relaxing: from 2 to 1",
            [BORN_UNSTABLE, "n changed while relaxing"],
        ),
    ],
)
def test_causes_come_back_from_the_text_of_a_record(reason, causes):
    assert causes_of(reason) == causes


def test_the_causes_of_every_rejected_label_of_the_data_can_be_read(elastic_data):
    rejected = elastic_data.labels.query("status == 'rejected'")["reason"]
    assert all(causes_of(reason) for reason in rejected)
    assert {cause for reason in rejected for cause in causes_of(reason)} <= set(CAUSES)
