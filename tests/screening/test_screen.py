"""The screen: rows in, rows out, whatever is in them; the same by any number of pieces, and after a stop."""

from __future__ import annotations

import json
from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from perovex.errors import PerovexError
from perovex.screening import Goal, Options, Question, molecule_models, screen
from perovex.screening.chunks import never_seen, screen_chunk
from perovex.screening.goals import pareto
from perovex.screening.parts import LISTS, Parts, from_bytes, to_bytes
from perovex.screening.reading import Entry, check_source, read_spacers

SPACERS = [
    "CCCC[NH3+]", "NCCc1ccccc1", "CCO", "CCCCN", "[NH3+]CCCC[NH3+]", "C[N+](C)(C)C", "", "C[C@H]([NH3+])c1ccccc1",
    "C[C@@H]([NH3+])c1ccccc1", "CC(=O)[O-]", "CCCCCC[NH3+].[Br-]", "[NH3+]C1CCCCCCC1", "FC(F)(F)CC[NH3+]",
    "[NH3+]Cc1ccc(C[NH3+])cc1", "c1c[nH+]cc[nH+]1",
]  # fmt: skip
THREE = Question(halides=("Cl", "Br", "I"), layers=(1, 2))


@pytest.fixture(scope="module")
def whole():
    return screen(SPACERS, THREE)


def test_every_spacer_is_a_hit_a_repeat_a_failure_or_cannot_form(whole) -> None:
    assert whole.counts == {
        "read": 15, "screened": 10, "repeated": 2, "failed": 3, "compounds": 60, "may form": 42,
    }  # fmt: skip
    assert whole.failures["row"].tolist() == [3, 4, 7, 9, 10]
    reasons = dict(zip(whole.failures["row"], whole.failures["error"], strict=True))
    assert reasons[4] == "repeats row 1: the same compound"
    assert reasons[9] == "repeats row 8: the same compound"
    assert "an anion" in reasons[10]
    assert {"C[N+](C)(C)C", "[NH3+]C1CCCCCCC1", "c1c[nH+]cc[nH+]1"}.isdisjoint(whole.hits["smiles"])
    unranked = whole.unranked.set_index("written")["error"]
    assert set(unranked.index) == {"C[N+](C)(C)C", "[NH3+]C1CCCCCCC1", "c1c[nH+]cc[nH+]1"}
    assert unranked.str.len().min() > 0
    assert set(whole.unranked["row"]).isdisjoint({*whole.hits["row"], *whole.failures["row"]})
    assert whole.table()["status"].value_counts().to_dict() == {"hit": 42, "failed": 3, "repeat": 2, "not ranked": 3}


def test_a_composition_that_training_had_not_lies_outside_by_name() -> None:
    hits = screen(["CCCC[NH3+]"], Question(layers=(1, 4))).hits.set_index("n")
    assert hits["in_domain"].to_dict() == {1: True, 4: False}
    assert hits.loc[4, "domain_reason"].startswith("n 4 was never seen in training")


def test_hits_carry_rung_interval_domain_and_neighbours(whole) -> None:
    hits = whole.hits
    assert (hits["rung"] == "a").all()
    assert ((hits["E_vrh_lower"] < hits["E_vrh"]) & (hits["E_vrh"] < hits["E_vrh_upper"])).all()
    assert (hits.loc[~hits["in_domain"].astype(bool), "domain_reason"] != "").all()
    assert hits["nearest_known"].str.contains("PbI").any()
    assert any("held-out spacers" in text for text in whole.statements)
    assert any("rules of formability" in text for text in whole.statements)


def test_a_compound_is_predicted_as_the_models_do_alone(whole) -> None:
    row = whole.hits[(whole.hits["smiles"] == "[NH3+]CCCC[NH3+]") & (whole.hits["halide"] == "I")].iloc[0]
    bundle = molecule_models()
    known = bundle.known.X.loc["s02_PbI_n1"].to_frame().T
    again = bundle.predict(known).iloc[0]
    if row["n"] == 1:
        assert row["E_vrh"] == pytest.approx(again["E_vrh"])


@pytest.mark.parametrize("chunk", [1, 4])
def test_pieces_do_not_change_a_thing(whole, chunk) -> None:
    again = screen(SPACERS, THREE, chunk=chunk)
    pd.testing.assert_frame_equal(again.table(), whole.table(), rtol=1e-9)


def test_a_stopped_screen_goes_on_and_gives_the_same_bytes(tmp_path, monkeypatch) -> None:
    screen(SPACERS, THREE, chunk=4, parts=tmp_path / "whole")
    whole = {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    written = []

    def stop(self, number, content) -> None:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(number)
        original(self, number, content)

    original = Parts.write
    monkeypatch.setattr(Parts, "write", stop)
    with pytest.raises(KeyboardInterrupt):
        screen(SPACERS, THREE, chunk=4, parts=tmp_path / "stopped")
    monkeypatch.setattr(Parts, "write", original)
    assert len(list((tmp_path / "stopped").glob("part-*"))) == 2
    screen(SPACERS, THREE, chunk=4, parts=tmp_path / "stopped")
    assert {path.name: path.read_bytes() for path in (tmp_path / "stopped").iterdir()} == whole


def test_pieces_of_another_screen_are_refused(tmp_path) -> None:
    screen(SPACERS[:2], parts=tmp_path / "p")
    with pytest.raises(PerovexError, match="pieces of another screen"):
        screen(SPACERS[:2], Question(halides=("Br",)), parts=tmp_path / "p")
    plan = tmp_path / "p" / "plan.json"
    plan.write_text("[]")
    with pytest.raises(PerovexError, match="pieces of another screen"):
        screen(SPACERS[:2], parts=tmp_path / "p")


def test_pieces_that_held_words_are_refused_by_name(tmp_path) -> None:
    screen(SPACERS[:2], parts=tmp_path / "p")
    plan = tmp_path / "p" / "plan.json"
    former = json.loads(plan.read_text())
    del former["format"]
    plan.write_text(json.dumps(former, indent=1, sort_keys=True) + "\n")
    with pytest.raises(PerovexError, match="written by another release"):
        screen(SPACERS[:2], parts=tmp_path / "p")


def test_a_piece_is_read_as_it_was_made() -> None:
    entries = [Entry(row, "", smiles) for row, smiles in enumerate(SPACERS)]
    table = screen_chunk(entries, THREE)
    assert {len(rules) for rules in table["rules"]} == {0, 1, 2}
    assert "salt" in {change.kind for changes in table["changes"] for change in changes}
    columns = ["row", *LISTS, "error", "failed"]
    pd.testing.assert_frame_equal(from_bytes(to_bytes(table))[columns], table[columns])


def test_a_composition_is_outside_by_values() -> None:
    new = never_seen(Question(metals=("Pb",), halides=("I", "Br0.5I0.5"), layers=(1, 7)))
    assert set(new) == {("Pb", "I", 7), ("Pb", "Br0.5I0.5", 1), ("Pb", "Br0.5I0.5", 7)}
    assert new["Pb", "Br0.5I0.5", 1] == (True, ())
    assert [(kind.kind, kind.value) for kind in new["Pb", "I", 7].kinds] == [("n", 7.0)]


def test_goals_rank_as_they_say() -> None:
    table = pd.DataFrame(
        {"E_in_plane": [10.0, 20.0, 5.0], "E_out_of_plane": [10.0, 5.0, 20.0], "E_vrh": [9.0, 12.0, 8.0]}
    )
    assert Goal("stiff").score(table).argmax() == 1
    assert Goal("soft").score(table).argmax() == 2
    anisotropy = Goal("anisotropic").score(table)
    assert anisotropy[1] == pytest.approx(np.log(4))
    assert anisotropy[1] == pytest.approx(anisotropy[2])
    inside = Goal("window", "E_vrh", (7.0, 9.0)).score(table)
    assert inside.argmax() == 2
    assert (inside > -1).tolist() == [False, False, True] or inside[0] == pytest.approx(-1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Goal("hard"), "unknown goal"),
        (lambda: Goal("stiff", "C11"), "unknown modulus"),
        (lambda: Goal("window"), "a window belongs"),
        (lambda: Goal("window", "E_vrh", (9.0, 3.0)), "no window"),
        (lambda: Question(metals=("Xx",)), "unknown metal"),
        (lambda: Question(halides=("Pb",)), "is not a halide"),
        (lambda: Question(layers=(0,)), "at least one"),
        (lambda: Question(layers=(2,), cage="EA"), "unknown cage"),
        (lambda: Options(top=0), "0 hits"),
        (lambda: Options(diverse=0.0), "similarity"),
    ],
)
def test_questions_without_an_answer_are_refused(make, message) -> None:
    with pytest.raises(PerovexError, match=message):
        make()


def test_the_pareto_front_of_a_circle_is_its_quarter() -> None:
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    front = pareto(np.column_stack([np.cos(angles), np.sin(angles)]).round(9))
    assert front.nonzero()[0].tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_diverse_hits_are_unlike_each_other() -> None:
    chains = [f"{'C' * length}[NH3+]" for length in range(4, 12)]
    every = screen(chains)
    some = screen(chains, options=Options(diverse=0.5))
    assert len(some.hits) < len(every.hits)
    assert (some.hits["similarity_to_better"] <= 0.5).all()


def test_cage_too_large_breaks_a_rule() -> None:
    table = screen_chunk([Entry(1, "", "CCCC[NH3+]")], Question(halides=("Cl",), layers=(1, 2), cage="GA"))
    assert table["formability"].tolist() == ["known layered", "rule broken"]
    assert [[rule.name for rule in rules] for rules in table["rules"]] == [[], ["large cage"]]


@pytest.mark.parametrize("suffix", [".csv", ".smi", ".sdf", ".parquet"])
def test_files_of_all_kinds_are_read_alike(tmp_path, suffix) -> None:
    path = tmp_path / f"spacers{suffix}"
    table = pd.DataFrame({"name": ["BA", "PEA"], "smiles": ["CCCC[NH3+]", "[NH3+]CCc1ccccc1"]})
    if suffix == ".csv":
        table.to_csv(path, index=False)
    elif suffix == ".smi":
        path.write_text("CCCC[NH3+] BA\n\n# a remark\n[NH3+]CCc1ccccc1 PEA\n")
    elif suffix == ".parquet":
        table.to_parquet(path)
    else:
        from perovex.cli.screen import sdf_bytes

        path.write_bytes(sdf_bytes(table.assign(rank=[1, 2])))
    check_source(path)
    assert list(read_spacers(path)) == [Entry(1, "BA", "CCCC[NH3+]"), Entry(2, "PEA", "[NH3+]CCc1ccccc1")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "molecule,y\n1,2\n", "no column of SMILES"),
        ("a.csv", "", "no spacers in it"),
        ("a.cif", "data_x", "not read from"),
        ("a.parquet", "nonsense", "no parquet table"),
        ("missing.smi", None, "cannot be read"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path, name, content, message) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(PerovexError, match=message):
        check_source(path)


def test_the_page_says_first_what_a_screen_is_worth(whole, tmp_path) -> None:
    from perovex.report.screen_page import screen_page

    page = screen_page(whole, THREE).html()
    assert page.index("rung (a)") < page.index("Hits; moduli") < page.index("Hits by both moduli")
    assert "repeats row 1" in page
    assert page.count("<svg") == 2  # the spacers, the Pareto view


def test_the_command_writes_tables_pages_and_molecules(tmp_path) -> None:
    from perovex.cli.main import main

    (tmp_path / "s.smi").write_text("\n".join(filter(None, SPACERS)) + "\n")
    for name in ("hits.csv", "hits.sdf", "hits.json", "hits.parquet"):
        with pytest.raises(SystemExit) as done:
            main(
                ["screen", str(tmp_path / "s.smi"), "--out", str(tmp_path / name), "--report", str(tmp_path / "p.html")]
            )
        assert done.value.code == 0
        assert (tmp_path / name).stat().st_size > 500
    assert pd.read_csv(tmp_path / "hits.csv")["status"].value_counts()["hit"] == 7
    assert "perovex_E_vrh" in (tmp_path / "hits.sdf").read_text()
    assert "Pareto" in (tmp_path / "p.html").read_text(encoding="utf-8")


def test_mixed_halides_lie_outside_what_was_learnt() -> None:
    # in range as their radii are, no mixture was ever seen
    result = screen(["CCCC[NH3+]"], Question(halides=("br", "I:1,Br:1", "I")))
    hits = result.hits.set_index("halide")
    assert hits["in_domain"].to_dict() == {"Br": True, "Br0.5I0.5": False, "I": True}
    assert hits.loc["Br0.5I0.5", "domain_reason"] == "mixed halides were never seen in training"
    ends = sorted(hits.loc[["Br", "I"], "E_vrh"])
    assert ends[0] < hits.loc["Br0.5I0.5", "E_vrh"] < ends[1]


def test_a_refined_hit_is_made_from_a_known_crystal_of_its_spacer(monkeypatch) -> None:
    spacers, question, options = ["CCCC[NH3+]"], Question(halides=("Cl",)), Options(refine=1)
    known = screen(spacers, question, options).hits.iloc[0]
    assert known["built_rung"].startswith("b from ")
    assert known["built_rung"] != "b from nothing"
    assert known["built_E_vrh"] > 0
    assert known["built_error"] == ""
    assert known["rung"] == "a"
    module = import_module("perovex.screening.screen")  # the package has a function of this name
    monkeypatch.setattr(module, "from_relatives", lambda _: None)
    assert screen(spacers, question, options).hits.loc[0, "built_rung"] == "b from nothing"


def test_a_refined_hit_of_an_unknown_spacer_is_built_from_nothing_as_the_rungs_were_compared(monkeypatch) -> None:
    monkeypatch.setattr(
        "perovex.prediction.built.patterns_of_like_spacers", lambda *_, **__: pytest.fail("like spacers were asked")
    )
    hit = screen(["CCCCCCCCCCC[NH3+]"], Question(halides=("I",)), Options(refine=1, n_builds=2)).hits.iloc[0]
    assert hit["built_rung"] == "b from nothing"
    assert hit["built_E_vrh"] > 0
