"""The registry: every descriptor once, with its unit, definition and source.

A family of descriptors is one function from a perceived crystal to numbers. The decorator `computes` puts the
function and the descriptors that it returns into the registry together, so that neither can exist without the
other. Documentation, tables and axis labels are made from here and nowhere else.
"""

from __future__ import annotations

import difflib
import hashlib
import html
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from perovex.descriptors.sources import REFERENCES
from perovex.errors import UnknownDescriptorError

if TYPE_CHECKING:
    import pandas as pd

    from perovex.crystal.model import LayeredPerovskite

    Compute = Callable[[LayeredPerovskite], Mapping[str, float]]

FAMILIES = ("octahedra", "bridges", "tilts", "layers", "hydrogen_bonds", "cation", "composition")
"""Families in the order of columns."""

NEEDS = {
    "crystal": "any perceived crystal",
    "frame": "a network with axes: (100) sheets or a 3D perovskite (undefined for isolated octahedra, chains and other"
    " sheets)",
    "layers": "a layered crystal of (100) sheets (undefined for a 3D network)",
    "axial bridges": "metals bridged along the normal (n >= 2 or a 3D network)",
    "bridges": "halides shared by two metals (undefined for isolated octahedra)",
    "terminal halides": "halides of one metal alone (undefined for a 3D perovskite)",
    "spacer": "organic cations between the slabs; all cations of a network without a frame",
    "ammonium": "a charged nitrogen in the spacer",
    "hydrogens": "hydrogen positions",
    "cage cation": "cations inside perovskite cages",
}
"""What a descriptor can need of a crystal; where it is missing the value is NaN."""

FRAMED_NEEDS = frozenset({"frame", "layers", "axial bridges"})
"""Needs that no network without axes can meet, see `LayeredPerovskite.framed`."""


@dataclass(frozen=True)
class Descriptor:
    """One named number of a crystal.

    Attributes
    ----------
    key : str
        Name of the column.
    unit : str
        Unit, ``"1"`` for plain numbers.
    definition : str
        How the number is defined.
    source : str
        DOI of the work that defines the quantity or, for plain lengths, angles and counts, that describes layered
        perovskites or cations by it; `perovex.descriptors.sources.REFERENCES` spells it out.
    family : str
        One of `FAMILIES`.
    needs : tuple of str
        What the crystal must have (keys of `NEEDS`); otherwise the value is NaN.
    label : str
        Short label for axes, without the unit.

    Examples
    --------
    >>> from perovex.descriptors import REGISTRY
    >>> REGISTRY["bridge_angle_mean"].axis_label
    'M-X-M angle (deg)'
    """

    key: str
    unit: str
    definition: str
    source: str
    family: str
    needs: tuple[str, ...]
    label: str

    @property
    def needs_frame(self) -> bool:
        """Whether it is measured against axes of the network, which isolated octahedra and chains have not."""
        return not FRAMED_NEEDS.isdisjoint(self.needs)

    @property
    def version(self) -> str:
        """Checksum of unit and definition: changes when the descriptor is defined otherwise."""
        text = f"{self.unit}\x1f{self.definition}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def axis_label(self) -> str:
        """Label with its unit, for an axis."""
        return self.label if self.unit == "1" else f"{self.label} ({self.unit})"

    @property
    def url(self) -> str:
        """Address of the source."""
        return f"https://doi.org/{quote(self.source, safe='/()')}"


def describe_as(  # one line per descriptor in the family modules; hence the defaults
    key: str,
    unit: str,
    label: str,
    definition: str,
    *,
    source: str,
    needs: str | tuple[str, ...] = "crystal",
) -> Descriptor:
    """Declare a descriptor whose family `computes` fills in.

    Parameters
    ----------
    key, unit, label, definition, source
        See `Descriptor`.
    needs : str or tuple of str
        See `Descriptor`.

    Returns
    -------
    Descriptor
        Without a family yet.
    """
    return Descriptor(key, unit, definition, source, "", (needs,) if isinstance(needs, str) else needs, label)


class Registry(Mapping[str, Descriptor]):
    """Mapping from key to `Descriptor`, ordered by family.

    Examples
    --------
    >>> from perovex.descriptors import REGISTRY
    >>> REGISTRY["stei_max"].family
    'cation'
    >>> REGISTRY["bridge_angel_mean"]
    Traceback (most recent call last):
    ...
    perovex.errors.UnknownDescriptorError: no descriptor is called 'bridge_angel_mean' (did you mean ...
    """

    def __init__(self) -> None:
        self._descriptors: dict[str, Descriptor] = {}
        self._computes: dict[str, list[Compute]] = {family: [] for family in FAMILIES}
        self._framed: set[Compute] = set()

    def __getitem__(self, key: str) -> Descriptor:
        try:
            return self._descriptors[key]
        except KeyError:
            raise UnknownDescriptorError(
                f"no descriptor is called {key!r}", remedy=_suggestion(key, self._descriptors)
            ) from None

    def __iter__(self) -> Iterator[str]:
        for family in FAMILIES:
            yield from (key for key, item in self._descriptors.items() if item.family == family)

    def __len__(self) -> int:
        return len(self._descriptors)

    def __contains__(self, key: object) -> bool:
        return key in self._descriptors

    def get(self, key: str, default: Any = None) -> Any:
        """Return the descriptor called `key`, or `default`."""
        return self._descriptors.get(key, default)

    def add(self, family: str, compute: Compute, descriptors: Iterable[Descriptor]) -> None:
        """Register a function with the descriptors that it returns.

        Raises
        ------
        ValueError
            A key is registered twice, or the family, a need or the source is unknown: a slip in the source code.
        """
        if family not in FAMILIES:
            raise ValueError(f"unknown family {family!r}")
        items = list(descriptors)
        for item in items:
            if item.key in self._descriptors or not set(item.needs) <= set(NEEDS) or item.source not in REFERENCES:
                raise ValueError(f"{item.key!r} is registered twice, or needs or cites something unknown")
            self._descriptors[item.key] = Descriptor(**{**asdict(item), "family": family})
        self._computes[family].append(compute)
        if all(item.needs_frame for item in items):
            self._framed.add(compute)

    def computes(self, families: Iterable[str] | str | None = None, *, framed: bool = True) -> list[Compute]:
        """Return the functions of the families asked for, in order of columns.

        Parameters
        ----------
        families : str or iterable of str, optional
            Names; all by default.
        framed : bool, default=True
            False leaves out functions none of whose descriptors is defined for a network without axes.
        """
        chosen = [compute for family in self.families(families) for compute in self._computes[family]]
        return chosen if framed else [compute for compute in chosen if compute not in self._framed]

    def families(self, families: Iterable[str] | str | None = None) -> tuple[str, ...]:
        """Check names of families and return them in order of columns.

        Parameters
        ----------
        families : str or iterable of str, optional
            Names; all by default.

        Raises
        ------
        UnknownDescriptorError
            A name is not a family.
        """
        if families is None:
            return FAMILIES
        names = [families] if isinstance(families, str) else list(families)
        for name in names:
            if name not in FAMILIES:
                raise UnknownDescriptorError(
                    f"no descriptor family is called {name!r}", remedy=_suggestion(name, FAMILIES)
                )
        return tuple(family for family in FAMILIES if family in names)

    def keys_of(self, families: Iterable[str] | str | None = None) -> list[str]:
        """Return the keys of the families asked for, in order of columns."""
        wanted = set(self.families(families))
        return [key for key in self if self._descriptors[key].family in wanted]

    def to_frame(self) -> pd.DataFrame:
        """Return the registry as a table, one row per descriptor."""
        import pandas as pd

        rows = [{**asdict(item), "needs": ", ".join(item.needs)} for item in self.values()]
        return pd.DataFrame(rows).set_index("key")

    def to_markdown(self, families: Iterable[str] | str | None = None) -> str:
        """Return the registry as Markdown, one table per family.

        Parameters
        ----------
        families : str or iterable of str, optional
            Families to show; all by default.

        Returns
        -------
        str
            Ends with a newline.

        Raises
        ------
        UnknownDescriptorError
            A family is unknown.
        """
        parts = []
        for family in self.families(families):
            rows = [self._descriptors[key] for key in self.keys_of(family)]
            lines = ["| key | unit | definition | needs | source |", "|---|---|---|---|---|"]
            lines += [
                f"| `{d.key}` | {d.unit} | {d.definition.replace('|', '&#124;')} | {', '.join(d.needs)} | "
                f"[{d.source}]({d.url}) |"
                for d in rows
            ]
            title = family.replace("_", " ").capitalize()
            parts.append(f"## {title} ({len(rows)})\n\n" + "\n".join(lines))
        return "\n\n".join(parts) + "\n"

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><td><code>{d.key}</code></td><td>{d.unit}</td><td>{html.escape(d.definition)}</td>"
            f"<td>{d.family}</td><td><a href='{d.url}'>{d.source}</a></td></tr>"
            for d in self.values()
        )
        head = "".join(f"<th>{name}</th>" for name in ("key", "unit", "definition", "family", "source"))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def __repr__(self) -> str:
        counts = ", ".join(f"{family} {len(self.keys_of(family))}" for family in FAMILIES)
        return f"<Registry of {len(self)} descriptors: {counts}>"


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(close) + "?"
    return "known: " + ", ".join(names) if len(names) < 10 else "`perovex descriptors list` prints them all"


REGISTRY = Registry()
"""All descriptors."""


def computes(family: str, *descriptors: Descriptor) -> Callable[[Compute], Compute]:
    """Decorate the function that computes `descriptors` and register both.

    Parameters
    ----------
    family : str
        One of `FAMILIES`.
    *descriptors : Descriptor
        Made by `describe_as`; the function returns exactly their keys.

    Returns
    -------
    callable
        Decorator that returns the function unchanged.
    """

    def decorate(compute: Compute) -> Compute:
        REGISTRY.add(family, compute, descriptors)
        return compute

    return decorate
