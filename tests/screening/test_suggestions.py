"""What to label next: closed forms of the gains, and a campaign that is the same twice."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import norm

from perovex.errors import PerovexError
from perovex.screening import suggest
from perovex.screening.acquisition import claim_gain, expected_improvement, farthest_first
from perovex.screening.library import assembled, enumerate_cations, load_library, select

SPACERS = ["CCCC[NH3+]", "[NH3+]CCCC[NH3+]", "[NH3+]CCCCCCCCCCCC[NH3+]", "C[N+](C)(C)C", "[NH3+]CCc1ccccc1"]


@pytest.mark.parametrize(("centre", "deviation", "best"), [(1.0, 0.5, 1.2), (0.0, 2.0, -1.0), (3.0, 0.1, 2.0)])
def test_expected_improvement_is_the_integral_over_the_label(centre, deviation, best) -> None:
    exact, _ = integrate.quad(lambda y: (y - best) * norm.pdf(y, centre, deviation), best, centre + 12 * deviation)
    assert expected_improvement(np.array([centre]), np.array([deviation]), best)[0] == pytest.approx(exact, rel=1e-6)


def test_farthest_first_takes_the_corners_of_a_square() -> None:
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, 0.5]])
    assert set(farthest_first(np.array([[0.45, 0.5]]), corners, 4)) == {0, 1, 2, 3}


def test_a_claim_gains_most_far_from_the_mean() -> None:
    gain = claim_gain(np.array([1.0, 3.0]), np.ones(3), np.array([2.0, 4.0, -1.0]))
    assert gain.tolist() == [0.0, 4.0, 9.0]


@pytest.mark.parametrize("by", ["improvement", "uncertainty", "diversity", "claim"])
def test_suggestions_may_form_and_differ(by) -> None:
    chosen = suggest(SPACERS, k=3, by=by)
    assert len(chosen) == chosen["smiles"].nunique() == 3
    assert "C[N+](C)(C)C" not in set(chosen["smiles"])
    assert (chosen["gain"] >= 0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "0 suggestions"),
        ({"target": "C11"}, "unknown modulus"),
        ({"descriptor": "x", "by": "claim"}, "no descriptor"),
    ],
)
def test_suggestions_that_make_no_sense_are_refused(options, message) -> None:
    with pytest.raises(PerovexError, match=message):
        suggest(SPACERS, **options)


def test_the_library_is_what_its_rules_make() -> None:
    library = load_library()
    assert len(library) > 20_000
    assert library["smiles"].is_unique
    first = enumerate_cations(60)
    assert first["smiles"].tolist() == library["smiles"].head(60).tolist()
    assert first["formability"].tolist() == library["formability"].head(60).tolist()
    assert {"primary", "secondary", "tertiary", "quaternary"} <= set(library["head"])
    assert {1, 2} == set(library["charge"])
    assert sum(1 for _ in assembled()) > len(library)


def test_a_selection_holds_what_was_asked_for() -> None:
    library = load_library()
    chosen = select(library, charge=2, fluorinated=True, formable=True, largest=15, new=True)
    assert 100 < len(chosen) < len(library)
    assert chosen["heavy_atoms"].max() <= 15
    assert not chosen["in_data"].any()
    assert chosen["smiles"].str.contains("F").all()
