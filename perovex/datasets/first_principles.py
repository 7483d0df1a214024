"""First-principles tensors of the released crystals, and every call behind them."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._bundled import data_root
from perovex.datasets.paths import verify_checksums
from perovex.elasticity import ElasticTensor
from perovex.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

    from ase import Atoms
    from numpy.typing import ArrayLike

COMPONENTS = tuple((i, j) for i in range(6) for j in range(i, 6))
VOIGT = ("K_voigt", "G_voigt")
MODULI = (*VOIGT, "K_vrh", "G_vrh", "E_vrh", "E_in_plane", "E_out_of_plane")
REFERENCE = "PBE-D3(BJ)"
BARE = "PBE"  # the same without dispersion
_FEWEST_FOR_A_FACTOR = 3  # crystals
_SURE = 2  # standard errors that a difference has to exceed


@dataclass(frozen=True)
class FirstPrinciplesData:
    """Tensors by density-functional theory beside those of the potential along the same strain paths.

    Attributes
    ----------
    folder : Path
        Where the files lie.
    manifest : dict
        Functional, settings of the code, of the paths and of the dispersion, and ``crystals``: what is known of each.
    """

    folder: Path
    manifest: dict[str, Any] = field(repr=False)

    @cached_property
    def crystals(self) -> list[str]:
        """Crystals whose tensor is complete."""
        return [name for name, record in self.manifest["crystals"].items() if not record.get("calls_missing")]

    def tensor(self, crystal: str, kind: str = "stress_alone") -> np.ndarray:
        """Tensor of one crystal, GPa, in the frame of its released structure.

        Parameters
        ----------
        crystal : str
            One of `crystals`.
        kind : str
            ``stress_alone`` (robust, right in first order), ``tensor`` (with all corrections), ``error`` (error bar of
            that), ``asymmetry`` (half the difference of the two halves of the first), ``along_path``,
            ``potential_along_path``, ``potential``.

        Returns
        -------
        ndarray, shape (6, 6)

        Raises
        ------
        DatasetError
            No such crystal, no complete tensor, or no such kind.
        """
        if crystal not in self.crystals:
            known = ", ".join(self.crystals) or "none is complete"
            raise DatasetError(f"no first-principles tensor of {crystal!r}", remedy=f"known: {known}")
        record, key = self.manifest["crystals"][crystal], f"C_{kind}_GPa"
        if key not in record:
            kinds = sorted(k[2:-4] for k in record if k.startswith("C_"))
            raise DatasetError(f"no tensor of kind {kind!r}", remedy=f"choose one of {kinds}")
        return np.array(record[key])

    def calls(self, crystal: str) -> list[Atoms]:
        """All calls of one crystal, complete or not: the reference first, then strained ones.

        Returns
        -------
        list of ase.Atoms
            Each with energy (eV), forces (eV/Å) and stress (eV/Å³) of the functional without dispersion.

        Raises
        ------
        DatasetError
            No such crystal.
        """
        from ase import Atoms
        from ase.calculators.singlepoint import SinglePointCalculator

        file = self.folder / f"{crystal}.calls.jsonl.gz"
        if not file.is_file():
            raise DatasetError(f"no calls of {crystal!r}", remedy=f"known: {', '.join(self.manifest['crystals'])}")
        crystals = []
        for line in gzip.decompress(file.read_bytes()).splitlines():
            call = json.loads(line)
            atoms = Atoms(numbers=call["numbers"], positions=call["positions"], cell=call["cell"], pbc=True)
            results = {key: np.asarray(call[key]) for key in ("forces", "stress")}
            atoms.calc = SinglePointCalculator(atoms, energy=call["energy"], **results)
            crystals.append(atoms)
        return crystals

    @cached_property
    def moduli(self) -> pd.DataFrame:
        """Moduli (GPa) by first principles and by the potential, indexed by crystal and source; see `moduli_of`."""
        rows: dict[tuple[str, str], dict[str, float]] = {}
        for crystal in self.crystals:
            normal = np.array(self.manifest["crystals"][crystal]["normal"])
            for source, kind in ((REFERENCE, "stress_alone"), ("potential", "potential_along_path")):
                rows[crystal, source] = moduli_of(self.tensor(crystal, kind), normal)
        index = pd.MultiIndex.from_tuples(list(rows), names=["crystal", "source"])
        return pd.DataFrame(list(rows.values()), index=index, columns=list(MODULI))

    @cached_property
    def errors(self) -> pd.DataFrame:
        """Error of the potential against first principles, one row per crystal.

        Returns
        -------
        DataFrame
            Of each modulus the deviation in percent; of the components the mean absolute deviation (GPa), the largest,
            and their correlation.
        """
        rows = {}
        for crystal in self.crystals:
            reference, potential = (self.tensor(crystal, kind) for kind in ("stress_alone", "potential_along_path"))
            pairs = np.array([[reference[k], potential[k]] for k in COMPONENTS])
            difference = abs(pairs[:, 0] - pairs[:, 1])
            moduli = self.moduli.loc[crystal]
            percent = 100 * (moduli.loc["potential"] / moduli.loc[REFERENCE] - 1)
            rows[crystal] = {f"{key}_percent": percent[key] for key in MODULI} | {
                "components_mean_GPa": difference.mean(),
                "components_largest_GPa": difference.max(),
                "components_correlation": np.corrcoef(pairs.T)[0, 1],
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("crystal")

    @property
    def potential(self) -> str:
        """Name of the potential whose strain paths the calls follow."""
        return str(self.manifest["paths"]["potential"]["name"])

    @cached_property
    def comparison(self) -> pd.DataFrame:
        """Moduli side by side, one row per crystal and modulus.

        Returns
        -------
        DataFrame
            crystal, modulus, ``first_principles_GPa``, ``potential_GPa``, ``deviation_percent`` of the potential.
        """
        stacked = self.moduli
        if len(self.moduli):
            stacked = pd.DataFrame(self.moduli.stack().unstack("source"))  # noqa: PD013
        table = stacked.reindex(columns=[REFERENCE, "potential"]).rename_axis(["crystal", "modulus"], axis=0)
        table = table.set_axis(["first_principles_GPa", "potential_GPa"], axis=1)
        table["deviation_percent"] = 100 * (table["potential_GPa"] / table["first_principles_GPa"] - 1)
        return table.reset_index()

    @cached_property
    def scaling(self) -> pd.DataFrame:
        """One factor on the moduli of the potential that would bring them closest, and what it leaves.

        Returns
        -------
        DataFrame
            modulus, ``crystals``, ``deviation_percent`` (mean absolute), ``factor``, and ``left_out_percent``: the mean
            absolute deviation on crystals that the factor was not taken from. Rows with fewer than three are left out.
        """
        known = self.comparison.dropna()
        rows = []
        for modulus, pairs in known.groupby("modulus", sort=False):
            if len(pairs) >= _FEWEST_FOR_A_FACTOR:
                fitted = one_factor(pairs["first_principles_GPa"], pairs["potential_GPa"])
                rows.append({"modulus": modulus, "crystals": len(pairs), **fitted})
        return pd.DataFrame(rows, columns=["modulus", "crystals", "deviation_percent", "factor", "left_out_percent"])

    @cached_property
    def potentials(self) -> pd.DataFrame:
        """How far each potential is from the calls on file, indexed by its name; see ``benchmarks/potentials.py``."""
        return self._table("potentials", index="potential")

    @cached_property
    def soft_modes(self) -> pd.DataFrame:
        """Secants of soft modes by first principles and by potentials; see ``benchmarks/soft_modes.py``.

        Returns
        -------
        DataFrame
            One row per crystal, mode and source: calls, amplitude (Å of the coordinate of unit length over the cell),
            curvature of the potential of the labels at the reference, and between the two amplitudes the curvature
            from energies and from forces, each with its standard error (eV/Å²).
        """
        return self._table("soft_modes")

    @cached_property
    def soft_mode_errors(self) -> pd.DataFrame:
        """How far each potential is from first principles on soft modes, indexed by its name; see `secant_errors`."""
        return secant_errors(self.soft_modes)

    @cached_property
    def fine_tuned(self) -> pd.DataFrame:
        """The potential of the labels as it comes and tuned on the calls, judged on crystals of spacers left out.

        Returns
        -------
        DataFrame
            Indexed by ``weights``: learning rate, epochs, and the columns of `potentials`; see
            ``benchmarks/fine_tune.py``.
        """
        return self._table("fine_tuned", index="weights")

    @cached_property
    def convergence(self) -> pd.DataFrame:
        """Stress and slopes of one crystal with other settings of the code; see ``benchmarks/convergence.py``.

        Returns
        -------
        DataFrame
            crystal, settings, seconds of a call, stress at the reference and its change over strain on the first path
            (xx, yy, zz; GPa, of energies without dispersion).
        """
        return self._table("convergence")

    @cached_property
    def minima(self) -> pd.DataFrame:
        """How far given minima lie above the lowest of their compound, by both; see ``benchmarks/minima_energies.py``.

        Returns
        -------
        DataFrame
            Indexed by compound: names of both minima and the difference of their energies (meV per metal) by the
            potential, by PBE, and by PBE with D3(BJ), at the crystals of the potential.
        """
        return self._table("minima", index="compound")

    @cached_property
    def codes(self) -> pd.DataFrame:
        """Stress and elastic constants (GPa) of one cubic crystal by two codes; see ``benchmarks/two_codes.py``.

        Returns
        -------
        DataFrame
            Indexed by code.
        """
        return self._table("two_codes", index="code")

    def _table(self, name: str, index: str | None = None) -> pd.DataFrame:
        """Read one of the tables that benchmarks wrote beside the calls."""
        return pd.read_csv(self.folder / f"{name}.csv", index_col=index)

    def __repr__(self) -> str:
        """Say what there is."""
        calls = sum(record["calls"] for record in self.manifest["crystals"].values())
        settings = self.manifest["settings"]
        return (
            f"FirstPrinciplesData({len(self.crystals)} tensors, {calls} calls of "
            f"{settings['functional']} by {settings['code']} {settings['version']})"
        )


def one_factor(exact: ArrayLike, own: ArrayLike) -> dict[str, float]:
    """Return the factor that brings moduli closest to others in proportion, and the errors without and with it.

    Parameters
    ----------
    exact, own : array_like, shape (n_crystals,)
        Moduli by first principles and by a potential; at least two crystals.

    Returns
    -------
    dict
        ``deviation_percent``: mean absolute deviation as it is; ``factor``: geometric mean of the ratios;
        ``left_out_percent``: mean absolute deviation with a factor taken from the other crystals.

    Examples
    --------
    >>> {key: round(value, 3) for key, value in one_factor([11.0, 22.0, 33.0], [10.0, 20.0, 30.0]).items()}
    {'deviation_percent': 9.091, 'factor': 1.1, 'left_out_percent': 0.0}
    """
    reference, computed = np.asarray(exact, dtype=float), np.asarray(own, dtype=float)
    ratios = np.log(reference / computed)
    of_others = (ratios.sum() - ratios) / (len(ratios) - 1)
    return {
        "deviation_percent": float(100 * abs(computed / reference - 1).mean()),
        "factor": float(np.exp(ratios.mean())),
        "left_out_percent": float(100 * abs(np.exp(of_others - ratios) - 1).mean()),
    }


def secant_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Compare secants of potentials with those of first principles, from energies or forces, whichever err less.

    Parameters
    ----------
    table : DataFrame
        As `FirstPrinciplesData.soft_modes`.

    Returns
    -------
    DataFrame
        Indexed by potential: ``modes``; ``secant_mae_eV_per_A2``; ``noise_eV_per_A2`` (mean standard error of first
        principles); ``beyond_noise``, the modes that are apart by more than two standard errors; ``secant_ratio``,
        geometric mean of those of the potential over those of first principles where both are positive;
        ``secant_mape_percent`` where the latter exceed two standard errors; and ``spearman``.

    Examples
    --------
    >>> first = {"crystal": "a", "secant_force_eV_per_A2": 0.1, "force_error_eV_per_A2": 0.1}
    >>> first |= {"energy_error_eV_per_A2": 0.01}
    >>> rows = [(1, "PBE-D3(BJ)", 0.1), (2, "PBE-D3(BJ)", 0.2), (1, "model", 0.09), (2, "model", 0.18)]
    >>> made = [first | {"mode": m, "source": source, "secant_energy_eV_per_A2": value} for m, source, value in rows]
    >>> secant_errors(pd.DataFrame(made)).round(3).loc["model", ["secant_mae_eV_per_A2", "secant_ratio"]].to_list()
    [0.015, 0.9]
    """
    wide = table.pivot_table(index=["crystal", "mode"], columns="source")
    of_energies, of_forces = (wide[f"{kind}_error_eV_per_A2"][REFERENCE] for kind in ("energy", "force"))
    by_force = (of_forces < of_energies).to_numpy()[:, None]
    energy, force = wide["secant_energy_eV_per_A2"], wide["secant_force_eV_per_A2"]
    secants = pd.DataFrame(np.where(by_force, force, energy), energy.index, energy.columns)
    exact, noise = secants[REFERENCE], np.minimum(of_energies, of_forces)
    rows = {}
    for source in table["source"].unique():
        if source in (REFERENCE, BARE):
            continue
        own = secants[source]
        difference, ratios = (own - exact).abs(), (own / exact)[(own > 0) & (exact > 0)]
        rows[source] = {
            "modes": len(exact),
            "secant_mae_eV_per_A2": difference.mean(),
            "noise_eV_per_A2": noise.mean(),
            "beyond_noise": int((difference > _SURE * noise).sum()),
            "secant_ratio": float(np.exp(np.log(ratios).mean())),
            "secant_mape_percent": 100 * (difference / exact)[exact > _SURE * noise].mean(),
            "spearman": own.corr(exact, method="spearman"),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("potential")


def moduli_of(tensor: np.ndarray, normal: np.ndarray) -> dict[str, float]:
    """Voigt averages, which every tensor has, and the moduli of the data set, NaN where noise leaves it unstable (GPa).

    Parameters
    ----------
    tensor : ndarray, shape (6, 6)
        GPa.
    normal : ndarray, shape (3,) or (3, 3)
        As in `ElasticTensor.moduli`.
    """
    diagonal, mixed, shear = np.trace(tensor[:3, :3]), tensor[0, 1] + tensor[0, 2] + tensor[1, 2], tensor[3:, 3:]
    values = {"K_voigt": (diagonal + 2 * mixed) / 9, "G_voigt": (diagonal - mixed + 3 * np.trace(shear)) / 15}
    values |= ElasticTensor(tensor).moduli(normal)
    return {key: float(values[key]) for key in MODULI}


def load_first_principles(folder: Path | None = None) -> FirstPrinciplesData:
    """Load the first-principles tensors and calls.

    Parameters
    ----------
    folder : Path, optional
        Default: the bundled ``reference/first_principles``.

    Returns
    -------
    FirstPrinciplesData

    Raises
    ------
    DatasetError
        A file is missing or differs from its checksum.

    Examples
    --------
    >>> data = load_first_principles()
    >>> data.manifest["functional"]
    'PBE'
    """
    folder = data_root() / "reference" / "first_principles" if folder is None else folder
    verify_checksums(folder)
    return FirstPrinciplesData(folder, json.loads((folder / "tensors.json").read_text(encoding="utf-8")))
