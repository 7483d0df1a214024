"""The HTML report: sections of text, tables and figures in one file that needs nothing beside it."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
        self.blocks += [f"<p>{html.escape(p)}</p>" for p in paragraphs]
        return self

    def note(self, text: str) -> Section:
        """Add a caution that stands out."""
        self.blocks.append(f'<p class="note">{html.escape(text)}</p>')
        return self

    def table(self, frame: pd.DataFrame, caption: str, *, digits: int = 3, index: bool = True) -> Section:
        """Add a table; numbers are rounded to `digits` significant figures."""
        shown = frame.copy()
        for column in shown.columns:
            shown[column] = [_number(value, digits) for value in shown[column]]
        body = shown.to_html(index=index, border=0, na_rep="", escape=True)
        self.blocks.append(f'<figure class="table"><figcaption>{html.escape(caption)}</figcaption>{body}</figure>')
        return self

    def drawing(self, svg: str, caption: str) -> Section:
        """Add an SVG drawing with its caption."""
        self.blocks.append(f"<figure>{svg}<figcaption>{html.escape(caption)}</figcaption></figure>")
        return self

    def raw(self, fragment: str) -> Section:
        """Add HTML made elsewhere in the package."""
        self.blocks.append(fragment)
        return self


def _number(value: Any, digits: int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "" if value != value else f"{value:.{digits}g}"  # noqa: PLR0124 (nan)
    return str(value)


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
