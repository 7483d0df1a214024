"""What is said of a row outside the domain."""

import numpy as np
import pandas as pd

from perovex.learn.uncertainty.domain import ApplicabilityDomain
from perovex.learn.uncertainty.words import Changed, Deviation, reason_in_words


def test_the_part_of_the_range_is_told():
    inside, outside = Deviation("a", 1.0, 0.5, 0.0, 2.0), Deviation("a", 3.0, 4.5, 0.0, 2.0)
    assert reason_in_words([], [inside], []) == "a = 1 (+0.5 standard deviations, inside the training range 0 to 2)"
    assert "outside the training range" in reason_in_words([], [outside], [])


def test_what_changed_comes_first_and_what_is_undefined_last():
    words = reason_in_words([Changed("c", 2.0, 1.0)], [Deviation("a", 3.0, 4.5, 0.0, 2.0)], ["b"]).split("; ")
    assert [text[0] for text in (words[0], words[1])] == ["c", "a"]
    assert words[2] == "undefined here, never in training: b"


def test_a_domain_names_at_most_three_descriptors():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(50, 5)), columns=list("abcde")).assign(c=1.0)
    row = pd.DataFrame([[9.0, 8.0, 2.0, 7.0, np.nan]], columns=list("abcde"))
    reason = ApplicabilityDomain().fit(table).check(row)["reason"].iloc[0]
    assert [part[:4] for part in reason.split("; ")] == ["c = ", "a = ", "b = ", "unde"]
