"""From pieces of a screen to a pool, and to a reason for every spacer that is not in it."""

from __future__ import annotations

from perovex.screening import Options, Question, screen
from perovex.screening.chunks import screen_chunk
from perovex.screening.reading import Entry
from perovex.screening.reducing import POOL, best_rows, reduce_pieces


def test_what_is_not_ranked_is_told_with_composition_and_rule() -> None:
    result = screen(["CCCC[NH3+]"], Question(halides=("Cl", "I"), layers=(1, 2), cage="GA"))
    (told,) = result.unranked["error"]
    assert told.startswith("PbCl n=2: cage cation GA is too large")
    assert result.table()["status"].value_counts().to_dict() == {"hit": 3, "not ranked": 1}
    asked = Options(inside=True)
    outside = screen(["CCCC[NH3+]", "C" * 20 + "[NH3+]"], options=asked)
    assert outside.unranked[["row", "error"]].to_numpy().tolist() == [[2, "outside of what was learnt"]]
    assert len(screen(["[NH3+]C1CCCCCCC1"], options=Options(any_formability=True)).unranked) == 0


def test_the_pool_keeps_the_best_of_all_pieces_in_any_order() -> None:
    pieces = [screen_chunk([Entry(row, "", "C" * row + "[NH3+]")], Question()) for row in range(3, 9)]
    options = Options(top=1)
    pool = reduce_pieces(iter(pieces), options)[0]
    back = reduce_pieces(iter(pieces[::-1]), options)[0]
    assert len(pool) == min(POOL, len(pieces))
    assert pool["row"].tolist() == back["row"].tolist()
    assert best_rows(pool, 2)["score"].is_monotonic_decreasing
