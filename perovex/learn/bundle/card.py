"""Model cards: what a model is, what it was trained on, how good it was and where it must not be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perovex.learn.bundle.words import SCORES, card_facts, groups_of, score_tables

if TYPE_CHECKING:
    from collections.abc import Mapping


def card_markdown(manifest: Mapping[str, Any]) -> str:
    """Return a model card in Markdown.

    Parameters
    ----------
    manifest : mapping
        Of a `ModelBundle`, or as `read_manifest` returns it.

    Examples
    --------
    >>> facts = {"target": "E_in_plane", "unit": "GPa", "threshold": 12.0, "threshold_rule": "median"}
    >>> card_markdown(facts).splitlines()[3]
    '- **stiff**: E_in_plane above 12 GPa (rule: median)'
    """
    lines = ["# Model card", ""]
    for section, facts in card_facts(manifest).items():
        tables = score_tables(manifest.get("metrics") or {}, groups_of(manifest)) if section == SCORES else []
        if facts or tables:
            lines.append(f"## {section}")
        for caption, (header, *body) in tables:
            lines += [
                caption,
                "",
                _markdown_row(header),
                _markdown_row(["---"] * len(header)),
                *map(_markdown_row, body),
                "",
            ]
        if facts:
            lines += [*(f"- **{name}**: {value}" for name, value in facts), ""]
    return "\n".join(lines)


def _markdown_row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


_HTML = """\
{% if not fragment %}<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Model card</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
th{text-align:left;padding-right:1.5rem;vertical-align:top;font-weight:600}
td{padding-right:1rem}caption{text-align:left;padding:.5rem 0}</style></head><body>{% endif %}
<div class="perovex-card"><h1>Model card</h1>
{% for section, facts in sections.items() if facts or (section == scored and tables) %}<h2>{{ section }}</h2>
{% for caption, rows in tables if section == scored %}<table><caption>{{ caption }}</caption>
<tr>{% for cell in rows[0] %}<th>{{ cell }}</th>{% endfor %}</tr>
{% for row in rows[1:] %}<tr><th>{{ row[0] }}</th>{% for cell in row[1:] %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>{% endfor %}<table>
{% for name, value in facts %}<tr><th>{{ name }}</th><td>{{ value }}</td></tr>
{% endfor %}</table>{% endfor %}</div>{% if not fragment %}</body></html>{% endif %}
"""


def card_html(manifest: Mapping[str, Any], *, fragment: bool = False) -> str:
    """Return a model card as one HTML page, or as a fragment for a notebook or report.

    Parameters
    ----------
    manifest : mapping
        Of a `ModelBundle`; parts that it lacks are left out.
    fragment : bool
        Without the frame of a page.

    Examples
    --------
    >>> "<h1>Model card</h1>" in card_html({"target": "E_vrh"})
    True
    """
    tables = score_tables(manifest.get("metrics") or {}, groups_of(manifest))
    from jinja2 import Environment  # slow to import, and predictions need no page

    return (
        Environment(autoescape=True)
        .from_string(_HTML)
        .render(sections=card_facts(manifest), tables=tables, scored=SCORES, fragment=fragment)
    )
