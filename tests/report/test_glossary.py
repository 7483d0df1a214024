"""Terms are explained where they first stand."""

from perovex.report.glossary import TERMS, explain_terms, terms_in


def test_only_the_first_place_of_a_term_is_marked():
    seen = set()
    first = explain_terms("<p>E_in_plane and E_in_plane</p>", seen)
    assert first.count("<dfn") == 1
    assert explain_terms("<p>E_in_plane</p>", seen) == "<p>E_in_plane</p>"


def test_parts_of_words_are_no_terms():
    assert "<dfn" not in explain_terms("my-E_in_plane-like and E_in_planes", set())


def test_every_term_is_found_in_its_own_text():
    import html

    for term in TERMS:
        assert "<dfn" in explain_terms(f"<p>{html.escape(term, quote=False)}</p>", set()), term


def test_only_terms_that_occur_are_listed():
    assert terms_in(["<p>no moduli here, but MAE</p>", "<td>RP</td>"]) == ["MAE", "RP"]
