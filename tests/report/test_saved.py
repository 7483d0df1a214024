"""A report that is rendered anew is the one that was written, but for its head."""

from __future__ import annotations

import gzip
import json

import pandas as pd
import pytest

from perovex.errors import DatasetError
from perovex.report import Document, render_report, save_report
from perovex.report.saved import SAVED


@pytest.fixture
def made(tmp_path):
    """A folder with a report in it, and its page."""
    document = Document("Films & more", "of a study", authors="Us", notes="Before.", payload={"values": [[1.5, None]]})
    document.section("Answer").lead("Stiff.").table(pd.DataFrame({"x": range(20)}), "Twenty.")
    save_report(document, tmp_path)
    return tmp_path, document.html()


def test_nothing_changes_where_nothing_is_asked(made):
    folder, page = made
    assert render_report(folder).html() == page


def test_the_head_changes_and_the_rest_stays(made):
    folder, page = made
    render_report(folder, folder / "new.html", title="Other <films>", authors="", notes="After.")
    changed = page.replace("Films &amp; more", "Other &lt;films&gt;").replace("Before.", "After.")
    assert (folder / "new.html").read_text(encoding="utf-8") == changed.replace('<p class="byline">Us</p>', "")


def test_the_same_report_is_the_same_file(made):
    folder, _ = made
    before = (folder / SAVED).read_bytes()
    save_report(render_report(folder), folder)
    assert (folder / SAVED).read_bytes() == before


def _rewrite(folder, change):
    content = json.loads(gzip.decompress((folder / SAVED).read_bytes()))
    change(content)
    (folder / SAVED).write_bytes(gzip.compress(json.dumps(content).encode()))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / SAVED).unlink(), "no finished study"),
        (lambda f: (f / SAVED).write_bytes(b"PK"), "damaged"),
        (lambda f: (f / SAVED).write_bytes((f / SAVED).read_bytes()[:-40]), "damaged"),
        (lambda f: _rewrite(f, lambda c: c["document"].pop("sections")), "damaged"),
        (lambda f: _rewrite(f, lambda c: c.update(perovex="0.0.9")), r"written by perovex 0\.0\.9"),
    ],
    ids=["missing", "foreign", "truncated", "incomplete", "other version"],
)
def test_what_cannot_be_rendered_is_refused_with_a_remedy(made, spoil, message):
    folder, _ = made
    spoil(folder)
    with pytest.raises(DatasetError, match=message) as refused:
        render_report(folder)
    assert refused.value.remedy


def test_a_study_that_kept_no_report_names_the_command_that_runs_it_again(tmp_path):
    for name in ("report.html", "study.yaml"):
        (tmp_path / name).write_text("")
    with pytest.raises(DatasetError, match="earlier version") as refused:
        render_report(tmp_path)
    assert f"--config {tmp_path / 'study.yaml'}" in refused.value.remedy
