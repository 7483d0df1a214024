"""Columns of the table of labels: type, unit, meaning, and the checks that a row must pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from perovex.elasticity.labels.causes import joined
from perovex.elasticity.labels.words import causes_in_text_of_older_releases
from perovex.errors import DatasetError
from perovex.minima.candidate import MADE_FROM

if TYPE_CHECKING:
    import pandas as pd


class Column(NamedTuple):
    """One column of ``labels.csv``."""

    dtype: str
    unit: str
    meaning: str


MODULI = (
    "E_in_plane",
    "E_in_plane_min",
    "E_in_plane_max",
    "E_out_of_plane",
    "E_vrh",
    "K_vrh",
    "G_vrh",
)

# The same moduli with the softest modes held fixed: a measure of how much hangs on them.
SOFT_FROZEN = ("E_in_plane_soft_frozen", "E_out_of_plane_soft_frozen", "E_vrh_soft_frozen")

COLUMNS: dict[str, Column] = {
    "label_id": Column("str", "", "crystal_id@potential, unique"),
    "crystal_id": Column("str", "", "name of the crystal in this collection"),
    "potential": Column("str", "", "interatomic potential and dispersion correction that made the label"),
    "status": Column("str", "", "accepted or rejected"),
    "reason": Column("str", "", "why rejected, in words; for accepted rows a caution, if any"),
    "causes": Column("str", "", "why rejected: keys joined by ';'; in releases up to 0.7a1 read from the reason"),
    "formula": Column("str", "", "reduced formula of the relaxed crystal"),
    "n_atoms": Column("int", "", "atoms in the cell; 0 where no relaxed crystal was kept"),
    "n_layers": Column("float", "", "perovskite sheets per slab; inf for a 3D network"),
    "phase": Column("str", "", "RP, DJ, ACI, mixed, unknown or 3D, by the cations of the relaxed crystal"),
    "stacking": Column("str", "", "eclipsed, staggered or intermediate, by the shift of successive slabs; else empty"),
    "spacer_smiles": Column("str", "", "SMILES of the cations between slabs; empty for 3D"),
    "cage": Column("str", "", "SMILES or symbol of the cations in the cages; empty for none"),
    "metal": Column("str", "", "metals of the octahedra"),
    "halide": Column("str", "", "halides of the octahedra"),
    "E_in_plane": Column("float", "GPa", "Young's modulus averaged over directions in the sheet plane"),
    "E_in_plane_min": Column("float", "GPa", "smallest Young's modulus in the sheet plane"),
    "E_in_plane_max": Column("float", "GPa", "largest Young's modulus in the sheet plane"),
    "E_out_of_plane": Column("float", "GPa", "Young's modulus along the slab normal"),
    "E_vrh": Column("float", "GPa", "Young's modulus of the Voigt-Reuss-Hill averages, 9KG/(3K+G)"),
    "K_vrh": Column("float", "GPa", "bulk modulus, Voigt-Reuss-Hill"),
    "G_vrh": Column("float", "GPa", "shear modulus, Voigt-Reuss-Hill"),
    "poisson_vrh": Column("float", "", "Poisson's ratio of the Voigt-Reuss-Hill averages"),
    "universal_anisotropy": Column("float", "", "5 G_V/G_R + K_V/K_R - 6"),
    "E_in_plane_soft_frozen": Column("float", "GPa", "E_in_plane with the modes below the soft-mode threshold frozen"),
    "E_out_of_plane_soft_frozen": Column(
        "float", "GPa", "E_out_of_plane with the modes below the soft-mode threshold frozen"
    ),
    "E_vrh_soft_frozen": Column("float", "GPa", "E_vrh with the modes below the soft-mode threshold frozen"),
    "lowest_eigenvalue": Column("float", "eV/Å²", "lowest eigenvalue of the Hessian without rigid translations"),
    "volume_change": Column("float", "%", "volume change on relaxation from the parent structure"),
    "max_force": Column("float", "eV/Å", "largest force left after relaxation"),
    "max_stress": Column("float", "GPa", "largest stress component left after relaxation"),
    "energy": Column("float", "eV", "potential energy of the cell"),
    "parent": Column("str", "", "structure that the relaxation started from"),
    "parent_stacking": Column("str", "", "stacking of the parent before relaxing; empty if not recorded"),
    "origin": Column("str", "", "where that structure comes from (repository, DOI, database number, or built)"),
    "calls": Column("float", "", "energy-force-stress evaluations"),
    "seconds": Column("float", "s", "wall time of the label"),
}

# What a search for minima says of each label; absent in releases up to 0.5.
SEARCHED: dict[str, Column] = {
    "minimum": Column("int", "", "0 for the label of its compound; 1, 2, ... for labels of higher minima of the same"),
    "energy_above_lowest": Column(
        "float", "meV per metal", "above the lowest minimum known of the compound; empty where nothing was searched"
    ),
    "times_found": Column("float", "", "candidates that ended in the lowest minimum of the compound"),
    "strategies": Column("str", "", "strategies that those came from"),
    "candidates": Column("float", "", "candidates of the compound that were tried"),
    "minima_near": Column("float", "", "distinct minima within 25 meV per metal of the lowest, itself included"),
    "spread_E_in_plane": Column("float", "GPa", "range of E_in_plane over labels within 25 meV of the lowest"),
    "spread_E_out_of_plane": Column("float", "GPa", "the same of E_out_of_plane"),
    "spread_E_vrh": Column("float", "GPa", "the same of E_vrh"),
}
COLUMNS |= SEARCHED

# Not in the file: derived from origin, tensor, density and sheet plane when a release is loaded.
DERIVED: dict[str, Column] = {
    "source": Column(
        "str",
        "",
        "kind of origin: experiment, factorial design, hypothetical, built, public collection, search (made from a"
        " crystal of experiment or a collection, another compound or minimum than that), or unknown",
    ),
    "v_in_plane": Column("float", "km/s", "longitudinal velocity of sound averaged over directions in the sheet plane"),
    "v_out_of_plane": Column("float", "km/s", "longitudinal velocity of sound along the slab normal"),
}

REQUIRED = ("label_id", "crystal_id", "potential", "status", "n_layers", "spacer_smiles", "metal", "halide", *MODULI)


def describe_columns() -> pd.DataFrame:
    """Return the columns of the label table with unit and meaning.

    Examples
    --------
    >>> describe_columns().loc["E_in_plane", "unit"]
    'GPa'
    """
    import pandas as pd

    rows = {name: {"type": c.dtype, "unit": c.unit, "meaning": c.meaning} for name, c in (COLUMNS | DERIVED).items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("column")


def validate_labels(table: pd.DataFrame, *, source: object = None) -> pd.DataFrame:
    """Check a table of labels against the schema and return it with the right types.

    Parameters
    ----------
    table : DataFrame
        Columns as in `COLUMNS`; text columns may hold NaN for "empty".
    source : object, optional
        Named in errors.

    Returns
    -------
    DataFrame
        The same rows, typed.

    Raises
    ------
    DatasetError
        If a column is missing, a type is wrong, or a value is impossible.
    """
    import pandas as pd
    import pandera.pandas as pa

    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise DatasetError(
            f"columns are missing: {', '.join(missing)}",
            remedy="see perovex.datasets.describe_columns()",
            source=source,
        )
    if table.empty:
        raise DatasetError("the table has no rows", remedy="label some crystals first", source=source)
    table = table.copy()
    for name, column in COLUMNS.items():
        if name in table and column.dtype == "str":
            table[name] = table[name].astype(object).fillna("").astype(str)
        elif name in table:
            try:
                table[name] = pd.to_numeric(table[name])
            except (ValueError, TypeError) as error:
                raise DatasetError(f"column {name} is not numeric: {error}", source=source) from None
    accepted_positive = pa.Check(
        lambda frame: (frame["status"] != "accepted") | (frame[list(MODULI)] > 0).all(axis=1),
        error="an accepted row has a modulus that is missing or not positive",
    )
    kinds = {"str": str, "float": float, "int": int}
    schema = pa.DataFrameSchema(
        {
            name: pa.Column(
                kinds[c.dtype],
                nullable=c.dtype == "float",
                coerce=True,
                required=name in REQUIRED,
                unique=name == "label_id",
                checks=pa.Check.isin(["accepted", "rejected"]) if name == "status" else None,
            )
            for name, c in COLUMNS.items()
        },
        checks=[
            accepted_positive,
            *(
                pa.Check(_for_accepted(name, check), error=f"an accepted row has an impossible {name}")
                for name, check in _ACCEPTED_RULES.items()
            ),
        ],
    )
    try:
        return schema.validate(table, lazy=True)
    except (pa.errors.SchemaErrors, pa.errors.SchemaError) as error:
        cases = getattr(error, "failure_cases", None)
        first = str(error).splitlines()[0] if cases is None or not len(cases) else str(cases.iloc[0].to_dict())
        raise DatasetError(f"the table breaks the schema: {first}", remedy="correct that row", source=source) from None


def _for_accepted(name: str, rule: object) -> object:
    def check(frame: pd.DataFrame) -> pd.Series:
        return (frame["status"] != "accepted") | rule(frame[name])  # type: ignore[operator]

    return check


# A crystal that lost its network on relaxing has no n any more: only accepted rows must have these.
_ACCEPTED_RULES = {
    "n_layers": lambda column: column >= 1,
    "metal": lambda column: column.str.len() > 0,
    "halide": lambda column: column.str.len() > 0,
}


def with_causes(labels: pd.DataFrame) -> pd.DataFrame:
    """Return a table of labels with the column ``causes``, read from the reasons where a release up to 0.7a1 has none.

    Parameters
    ----------
    labels : DataFrame
        With ``status`` and ``reason``.
    """
    if "causes" in labels:
        return labels
    if "reason" not in labels:
        return labels.assign(causes="")
    reasons = labels["reason"].where(labels["status"] == "rejected", "")
    causes = reasons.map(causes_in_text_of_older_releases).map(joined)
    table = labels.copy()
    table.insert(list(table.columns).index("reason") + 1, "causes", causes)
    return table


def with_source(labels: pd.DataFrame) -> pd.DataFrame:
    """Return a table of labels with the column ``source``, the only place where an origin's words are looked at.

    Parameters
    ----------
    labels : DataFrame
        With ``origin``; without it every source is ``"unknown"``.
    """
    if "origin" not in labels:
        return labels.assign(source="unknown")
    return labels.assign(source=labels["origin"].map(source_of))


def source_of(origin: str) -> str:
    """Return the kind of source that an origin of the label table names, for scores by source.

    Examples
    --------
    >>> source_of("experiment at 100 K, 10.1126/sciadv.aay4045; CCDC 1945905")
    'experiment'
    >>> source_of("hypothetical crystal, public repository")
    'hypothetical'
    >>> source_of("made by a search, its line begins with: experiment at 100 K")
    'search'
    """
    text = str(origin).lower()
    if text.startswith(MADE_FROM):
        first = source_of(text.removeprefix(MADE_FROM))
        return "search" if first in ("experiment", "public collection") else first
    if text.startswith("experiment") or "from an experimental structure" in text:
        return "experiment"
    if text.startswith("generated"):
        return "factorial design"
    if text.startswith("hypothetical"):
        return "hypothetical"
    if text.startswith("built"):
        return "built"
    return "public collection" if text else "unknown"
