"""The HTML report: sections of text, tables and figures in one file that needs nothing beside it."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from pathlib import Path

    import pandas as pd


@dataclass
class Section:
    """One section of a report.

    Attributes
    ----------
    title : str
    blocks : list of str
        HTML fragments in order.
    """

    title: str
    blocks: list[str] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Name for links within the page."""
        return "".join(c if c.isalnum() else "-" for c in self.title.lower()).strip("-")

    def text(self, *paragraphs: str) -> Section:
        """Add paragraphs of plain text (escaped)."""
        self.blocks += [f"<p>{_plain(p)}</p>" for p in paragraphs]
        return self

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
        body = render_table(frame.reset_index() if index else frame, digits, badges)
        caption = _plain(caption)
        if folded:
            self.blocks.append(f'<details class="table"><summary>{caption}</summary>{body}</details>')
        else:
            self.blocks.append(f'<figure class="table"><figcaption>{caption}</figcaption>{body}</figure>')
        return self

    def bullets(self, items: Iterable[str]) -> Section:
        """Add a list of plain texts (escaped)."""
        lines = "".join(f"<li>{_plain(item)}</li>" for item in items)
        self.blocks.append(f"<ul>{lines}</ul>")
        return self

    def drawing(self, svg: str, caption: str) -> Section:
        """Add an SVG drawing with its caption."""
        self.blocks.append(f"<figure>{svg}<figcaption>{_plain(caption)}</figcaption></figure>")
        return self

    def raw(self, fragment: str) -> Section:
        """Add HTML made elsewhere in the package."""
        self.blocks.append(fragment)
        return self


def render_table(frame: pd.DataFrame, digits: int = 3, badges: Container[str] = ()) -> str:
    """Return the ``<table>`` of a frame without its index.

    Parameters
    ----------
    frame : DataFrame
    digits : int
        Significant digits of numbers.
    badges : container of str
        Columns whose words are drawn as badges.

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
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


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
    sections : list of Section
    """

    title: str
    subtitle: str = ""
    sections: list[Section] = field(default_factory=list)

    def section(self, title: str) -> Section:
        """Start a section and return it."""
        made = Section(title)
        self.sections.append(made)
        return made

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
        return environment.get_template("report.html.jinja").render(document=self)

    def write(self, path: Path) -> None:
        """Write the page atomically."""
        from perovex._files import write_atomic

        write_atomic(path, self.html().encode())
