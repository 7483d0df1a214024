"""The HTML report: sections of text, tables and figures in one file that needs nothing beside it."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from perovex._colours import PALETTE
from perovex._files import write_atomic
from perovex._json import json_safe
from perovex.figures.style import CYCLE, GREY, HALIDE_COLOURS
from perovex.report import assets
from perovex.report.glossary import TERMS, explain_terms

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence
    from pathlib import Path

    import pandas as pd
    from plotly.graph_objects import Figure as Chart

#: A table with more rows than this can be sorted, searched and saved.
LONG_TABLE: Final = 12
_FOLDED = '<details class="table">'


@dataclass
class Section:
    """One section of a report.

    Attributes
    ----------
    title : str
    blocks : list of str
        HTML fragments in order.
    explained : set of str
        Terms of the glossary that the reader has met; shared by the sections of a document.
    """

    title: str
    blocks: list[str] = field(default_factory=list)
    explained: set[str] = field(default_factory=set, repr=False)

    @property
    def anchor(self) -> str:
        """Name for links within the page."""
        return "".join(c if c.isalnum() else "-" for c in self.title.lower()).strip("-")

    def text(self, *paragraphs: str) -> Section:
        """Add paragraphs of plain text (escaped); terms of the glossary carry their explanation."""
        self.blocks += [f"<p>{self._explained(p)}</p>" for p in paragraphs]
        return self

    def lead(self, text: str) -> Section:
        """Add a paragraph of plain text that says the most important thing, larger."""
        self.blocks.append(f'<p class="lead">{self._explained(text)}</p>')
        return self

    def heading(self, text: str) -> Section:
        """Add a heading within the section."""
        self.blocks.append(f"<h3>{_plain(text)}</h3>")
        return self

    def glossary(self, *, among: Sequence[str] = tuple(TERMS)) -> Section:
        """Add the list of terms, of all by default."""
        entries = "".join(f"<dt>{_plain(term)}</dt><dd>{_plain(TERMS[term])}</dd>" for term in among)
        self.blocks.append(f'<dl class="glossary">{entries}</dl>')
        return self

    @property
    def folded(self) -> int:
        """How many tables are hidden behind their captions."""
        return sum(block.startswith(_FOLDED) for block in self.blocks)

    def _explained(self, text: str) -> str:
        return explain_terms(_plain(text), self.explained)

    def note(self, text: str) -> Section:
        """Add a caution that stands out."""
        self.blocks.append(f'<p class="note">{_plain(text)}</p>')
        return self

    def table(
        self,
        frame: pd.DataFrame,
        caption: str,
        *,
        digits: int = 3,
        index: bool = True,
        folded: bool = False,
        badges: Container[str] = (),
    ) -> Section:
        """Add a table; numbers are rounded to `digits` significant figures, text stands left.

        Parameters
        ----------
        frame : DataFrame
        caption : str
            Plain text (escaped).
        digits : int
        index : bool
            Show the index, as leading columns.
        folded : bool
            Hide the rows behind the caption until the reader opens it.
        badges : container of str
            Columns whose words are drawn as coloured labels; the colour goes by the word (see the style sheet).
        """
        shown = frame.reset_index() if index else frame
        name = f"{self.anchor}-{len(self.blocks) + 1}" if len(shown) > LONG_TABLE else ""
        body = f'<div class="scroll">{render_table(shown, digits, badges, name)}</div>'
        caption = _plain(caption)
        if folded:
            self.blocks.append(f"{_FOLDED}<summary>{caption}</summary>{body}</details>")
        else:
            self.blocks.append(f'<figure class="table"><figcaption>{caption}</figcaption>{body}</figure>')
        return self

    def bullets(self, items: Iterable[str]) -> Section:
        """Add a list of plain texts (escaped)."""
        lines = "".join(f"<li>{self._explained(item)}</li>" for item in items)
        self.blocks.append(f"<ul>{lines}</ul>")
        return self

    def drawing(self, svg: str, caption: str, *, description: str = "") -> Section:
        """Add an SVG drawing with its caption.

        Parameters
        ----------
        svg : str
            The ``<svg>`` element.
        caption : str
            Plain text (escaped), shown below.
        description : str
            What can be seen, for readers who cannot see it; default the caption.
        """
        label = html.escape(description or caption)
        picture = f'<div class="drawing" role="img" aria-label="{label}">{svg}</div>'
        self.blocks.append(f"<figure>{picture}<figcaption>{_plain(caption)}</figcaption></figure>")
        return self

    def chart(self, chart: Chart, caption: str, *, description: str = "", fallback: str = "") -> Section:
        """Add a Plotly figure that answers to the pointer.

        Parameters
        ----------
        chart : plotly Figure
        caption : str
            Plain text (escaped), shown below.
        description : str
            What can be seen, for readers who cannot see it; default the caption.
        fallback : str
            ``<svg>`` element for readers without scripts.
        """
        name = f"{self.anchor}-figure-{len(self.blocks) + 1}"
        label = html.escape(description or caption)
        without = f"<noscript>{fallback}</noscript>" if fallback else ""
        self.blocks.append(
            f'<figure><div class="chart" role="img" aria-label="{label}" data-figure="{name}"></div>{without}'
            f'<script type="application/json" id="{name}">{_in_script(chart.to_json())}</script>'
            f"<figcaption>{_plain(caption)}</figcaption></figure>"
        )
        return self

    def beside(self, count: int) -> Section:
        """Set the last `count` figures beside each other where the page is wide enough."""
        figures = "".join(self.blocks[-count:])
        self.blocks[-count:] = [f'<div class="figures">{figures}</div>']
        return self

    def answer(self) -> Section:
        """Set the last figure beside all text before it where the page is wide enough: the first screen."""
        *text, figure = self.blocks
        self.blocks = [f'<div class="answer"><div>{"".join(text)}</div>{figure}</div>']
        return self

    def raw(self, fragment: str) -> Section:
        """Add HTML made elsewhere in the package."""
        self.blocks.append(fragment)
        return self


def render_table(frame: pd.DataFrame, digits: int = 3, badges: Container[str] = (), name: str = "") -> str:
    """Return the ``<table>`` of a frame without its index.

    Parameters
    ----------
    frame : DataFrame
    digits : int
        Significant digits of numbers.
    badges : container of str
        Columns whose words are drawn as badges.
    name : str
        Of the file that a reader saves; a table with a name can be sorted and searched.

    Examples
    --------
    >>> import pandas as pd
    >>> render_table(pd.DataFrame({"key": ["a<b"], "x": [0.12345]})).split("<tbody>")[1]
    '<tr><td class="t">a&lt;b</td><td>0.123</td></tr></tbody></table>'
    """
    columns = [
        (str(name), [_cell(value, digits, badge=name in badges) for value in frame.iloc[:, k]])
        for k, name in enumerate(frame)
    ]
    text = [all(isinstance(value, str) for value in frame.iloc[:, k]) for k in range(frame.shape[1])]
    marks = [' class="t"' if is_text else "" for is_text in text]
    head = "".join(
        f"<th{mark}>{html.escape('' if name == 'index' else name)}</th>"
        for (name, _), mark in zip(columns, marks, strict=True)
    )
    rows = zip(*(cells for _, cells in columns), strict=True)
    body = "".join(
        "<tr>" + "".join(f"<td{mark}>{cell}</td>" for cell, mark in zip(row, marks, strict=True)) + "</tr>"
        for row in rows
    )
    start = f'<table class="explorable" data-name="{html.escape(name)}">' if name else "<table>"
    return f"{start}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _in_script(text: str) -> str:
    """Return JSON that cannot end the script element it stands in."""
    return text.replace("</", "<\\/")


def _plain(text: str) -> str:
    """Escape plain text; a percent sign stays with its number."""
    return html.escape(text).replace(" %", "&nbsp;%")


def _cell(value: Any, digits: int, *, badge: bool) -> str:
    if badge:
        return f'<span class="badge {"-".join(value.split())}">{html.escape(value)}</span>'
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{value:.{digits}g}"
    return "" if value is None else _plain(str(value))


@dataclass
class Document:
    """A report of several sections.

    Attributes
    ----------
    title, subtitle : str
    authors, notes : str
        Of the reader's own; left out where empty.
    sections : list of Section
    payload : dict
        What the explorer of crystals shows; a document without has no explorer.
    """

    title: str
    subtitle: str = ""
    authors: str = ""
    notes: str = ""
    sections: list[Section] = field(default_factory=list)
    payload: dict[str, Any] = field(default_factory=dict, repr=False)
    _explained: set[str] = field(default_factory=set, repr=False)

    def section(self, title: str) -> Section:
        """Start a section and return it."""
        made = Section(title, explained=self._explained)
        self.sections.append(made)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Return all that the page is made of."""
        return {
            **{name: getattr(self, name) for name in ("title", "subtitle", "authors", "notes", "payload")},
            "sections": [{"title": section.title, "blocks": section.blocks} for section in self.sections],
        }

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Document:
        """Make a document of what `to_dict` returned.

        Examples
        --------
        >>> page = Document("Report", "of a study")
        >>> _ = page.section("Data").text("12 crystals")
        >>> Document.from_dict(page.to_dict()).html() == page.html()
        True
        """
        sections = [Section(str(part["title"]), list(part["blocks"])) for part in content["sections"]]
        title, subtitle, authors, notes = (str(content[name]) for name in ("title", "subtitle", "authors", "notes"))
        return cls(title, subtitle, authors, notes, sections, dict(content["payload"]))

    def html(self) -> str:
        """Return the whole page.

        Examples
        --------
        >>> page = Document("Report")
        >>> _ = page.section("Data").text("12 crystals & more")
        >>> "12 crystals &amp; more" in page.html()
        True
        """
        import jinja2

        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("perovex.report", "templates"), autoescape=True, trim_blocks=True
        )
        body = "".join(block for section in self.sections for block in section.blocks)
        return environment.get_template("report.html.jinja").render(
            document=self,
            assets=assets,
            charts='class="chart"' in body or bool(self.payload),
            explorable='class="explorable"' in body,
            colours=json.dumps({"halides": HALIDE_COLOURS, "cycle": [*CYCLE, GREY], "named": PALETTE}),
            payload=_in_script(json.dumps(json_safe(self.payload), allow_nan=False, separators=(",", ":"))),
        )

    def write(self, path: Path) -> None:
        """Write the page atomically."""
        write_atomic(path, self.html().encode())
