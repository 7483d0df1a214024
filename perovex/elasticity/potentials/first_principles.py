"""First-principles codes as ASE calculators: PBE by CP2K or GPAW, with settings that go on record.

Neither code is a dependency. CP2K comes from the distribution, GPAW from the package index (the extra ``dft``); a
missing one is a typed error that says how to install it. References: Kuehne et al., J. Chem. Phys. 152, 194103 (2020),
10.1063/5.0007045 (CP2K); Mortensen et al., J. Chem. Phys. 160, 092503 (2024), 10.1063/5.0182685 (GPAW); Perdew, Burke
and Ernzerhof, Phys. Rev. Lett. 77, 3865 (1996), 10.1103/PhysRevLett.77.3865.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ase.calculators.calculator import Calculator, CalculatorError, all_changes
from ase.units import Rydberg

from perovex._extras import install_command
from perovex.errors import LabelError

if TYPE_CHECKING:
    from ase import Atoms
    from numpy.typing import NDArray

INSTALL_CP2K = "apt-get install cp2k cp2k-data, or set ASE_CP2K_COMMAND to your CP2K shell"
SAME_CELL = 0.1  # relative change of a cell vector up to which the mesh of k-points stays


@dataclass(frozen=True)
class Cp2kSettings:
    """How CP2K is run: PBE with Gaussian orbitals and plane waves, insulators at 0 K.

    Attributes
    ----------
    cutoff : float
        Of the finest grid, Ry.
    relative_cutoff : float
        Of the grid that a Gaussian of exponent 1 needs, Ry.
    grids, progression : int, float
        Grids, and the ratio of cutoffs of successive ones. Seven by a factor of two take two thirds of the time of
        the usual four by three, at equal energies.
    backend : str
        Of the grids. ``CPU`` without a spherical cutoff takes seven tenths of the time of the default where CP2K was
        compiled for any processor; empty leaves it to CP2K.
    kpoint_length : float
        The mesh has n k-points along a reciprocal vector such that n times the spacing of its lattice planes is at
        least this, Å.
    smearing : float
        Electronic temperature, K; 0 leaves the occupations fixed.
    tolerance : float
        Of the density at self-consistency (EPS_SCF).
    precision : float
        Of overlap and density (EPS_DEFAULT).
    basis, pseudopotential, basis_file, pseudopotential_file : str
        Data sets, in the folder of CP2K's data.
    max_steps : int
        Of self-consistency.
    """

    code: ClassVar[str] = "cp2k"
    functional: ClassVar[str] = "PBE"

    cutoff: float = 400.0
    relative_cutoff: float = 50.0
    grids: int = 7
    progression: float = 2.0
    backend: str = "CPU"
    kpoint_length: float = 16.0
    smearing: float = 0.0
    tolerance: float = 1e-7
    precision: float = 1e-10
    basis: str = "DZVP-MOLOPT-SR-GTH"
    pseudopotential: str = "GTH-PBE"
    basis_file: str = "BASIS_MOLOPT"
    pseudopotential_file: str = "GTH_POTENTIALS"
    max_steps: int = 80

    def to_dict(self) -> dict[str, Any]:
        """Return settings with code, functional and the version that is installed (None: none is)."""
        return {"code": self.code, "functional": self.functional, "version": _cp2k_version()} | asdict(self)


@dataclass(frozen=True)
class GpawSettings:
    """How GPAW is run: PBE with projector-augmented plane waves.

    Attributes
    ----------
    cutoff : float
        Of the plane waves, eV. The stress of C, N and H is not converged below 600 eV.
    kpoint_length : float
        As in `Cp2kSettings`.
    smearing : float
        Width of the Fermi-Dirac occupations, eV.
    tolerance : float
        Of the energy at self-consistency, eV per electron.
    density_tolerance : float
        Of the density, electrons per electron.
    pulay : bool
        Correct the stress for the finite cutoff, by the change of the energy with it.
    max_steps : int
        Of self-consistency.
    """

    code: ClassVar[str] = "gpaw"
    functional: ClassVar[str] = "PBE"

    cutoff: float = 700.0
    kpoint_length: float = 16.0
    smearing: float = 0.01
    tolerance: float = 1e-7
    density_tolerance: float = 1e-6
    pulay: bool = True
    max_steps: int = 200

    def to_dict(self) -> dict[str, Any]:
        """Return settings with code, functional and the versions of code and data sets (None: not installed)."""
        versions = {"version": _version("gpaw"), "data_sets": _version("gpaw-data")}
        return {"code": self.code, "functional": self.functional} | versions | asdict(self)


Settings = Cp2kSettings | GpawSettings
CODES: dict[str, type[Cp2kSettings | GpawSettings]] = {"cp2k-pbe": Cp2kSettings, "gpaw-pbe": GpawSettings}


def settings_of(name: str) -> Settings:
    """Return the settings that a name asks for: ``cp2k-pbe`` or ``cp2k-pbe:cutoff=500,kpoint_length=20``.

    Raises
    ------
    LabelError
        The code or a setting is unknown, or a value is not of its kind.

    Examples
    --------
    >>> settings_of("gpaw-pbe:cutoff=600").cutoff
    600.0
    """
    code, _, changes = name.partition(":")
    if code not in CODES:
        raise LabelError(f"unknown first-principles code {code!r}", remedy=f"known: {', '.join(CODES)}")
    settings = CODES[code]()
    kinds = {field.name: type(getattr(settings, field.name)) for field in fields(settings)}
    chosen: dict[str, Any] = {}
    for change in filter(None, changes.split(",")):
        key, _, value = change.partition("=")
        if key not in kinds:
            raise LabelError(f"{code} has no setting {key!r}", remedy=f"known: {', '.join(kinds)}")
        try:
            chosen[key] = value.lower() in ("true", "yes", "1") if kinds[key] is bool else kinds[key](value)
        except ValueError as error:
            raise LabelError(f"{key}={value!r} of {code} is not of type {kinds[key].__name__}") from error
    return replace(settings, **chosen)


def mesh_of(cell: NDArray[np.float64], length: float) -> tuple[int, int, int]:
    """Numbers of k-points along the reciprocal vectors of a cell (rows, Å).

    Examples
    --------
    >>> mesh_of(np.diag([6.0, 8.0, 20.0]), 16.0)
    (3, 2, 1)
    """
    spacings = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    a, b, c = (max(1, int(np.ceil(length / spacing - 1e-9))) for spacing in spacings)
    return a, b, c


class FirstPrinciples(Calculator):
    """ASE calculator of a first-principles code: energy (eV), forces (eV/Å), stress (eV/Å^3).

    The mesh of k-points is chosen at the first crystal and kept as long as its atoms are the same and no cell vector
    changes by more than a tenth, so that strained cells are comparable; the density of the call before, where the code
    can use it, begins the next.

    Parameters
    ----------
    settings : Cp2kSettings or GpawSettings

    Raises
    ------
    LabelError
        The code is not installed.
    """

    implemented_properties = ["energy", "forces", "stress"]  # noqa: RUF012  # ASE's interface

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self._engine: Any = None
        self._numbers: NDArray[np.int_] = np.zeros(0, int)
        self._cell: NDArray[np.float64] = np.zeros((3, 3))
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        require(settings)

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] | None = None,
    ) -> None:
        """Run the code on a crystal."""
        super().calculate(atoms, properties, system_changes or all_changes)
        crystal = self.atoms.copy()
        if not self._is_same(crystal):
            self._start(crystal)
        try:
            crystal.calc = self._engine
            self.results = {
                "forces": np.array(crystal.get_forces(), float),
                "stress": np.array(crystal.get_stress(voigt=True), float),
                "energy": float(crystal.get_potential_energy()),
            }
        except (AssertionError, CalculatorError, OSError) as error:
            self._engine = None
            raise LabelError(
                f"{self.settings.code} failed: {error or type(error).__name__}",
                remedy="read its output; more steps or a looser tolerance may do",
                source=self._output(),
            ) from error
        except Exception as error:  # GPAW's own errors derive from Exception alone
            self._engine = None
            raise LabelError(f"{self.settings.code} failed: {type(error).__name__}: {error}") from error

    def _is_same(self, crystal: Atoms) -> bool:
        if self._engine is None or not np.array_equal(crystal.numbers, self._numbers):
            return False
        moved = np.linalg.norm(crystal.cell[:] - self._cell, axis=1) / np.linalg.norm(self._cell, axis=1)
        return bool(moved.max() < SAME_CELL)

    def _start(self, crystal: Atoms) -> None:
        self.close()
        self._numbers, self._cell = crystal.numbers.copy(), crystal.cell[:].copy()
        self._folder = tempfile.TemporaryDirectory(prefix="perovex-dft-")
        mesh = mesh_of(self._cell, self.settings.kpoint_length)
        if isinstance(self.settings, Cp2kSettings):
            self._engine = _cp2k(self.settings, mesh, Path(self._folder.name))
        else:
            self._engine = _gpaw(self.settings, mesh, Path(self._folder.name))

    def _output(self) -> Path | None:
        return Path(self._folder.name) / "run.out" if self._folder else None

    def close(self) -> None:
        """End the code's process and remove its scratch files."""
        if self._engine is not None and hasattr(self._engine, "close"):
            self._engine.close()
        self._engine = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def require(settings: Settings) -> None:
    """Raise unless the code of some settings is installed."""
    if isinstance(settings, Cp2kSettings):
        _cp2k_command()
        return
    try:
        import gpaw  # noqa: F401
    except ImportError as error:
        raise LabelError("GPAW is not installed", remedy=install_command("dft")) from error


def _cp2k_command() -> str:
    if command := os.environ.get("ASE_CP2K_COMMAND"):
        return command
    for program, flag in (("cp2k_shell.psmp", ""), ("cp2k.psmp", " -s"), ("cp2k.ssmp", " -s")):
        if path := shutil.which(program):
            return path + flag
    raise LabelError("CP2K is not installed", remedy=INSTALL_CP2K)


@lru_cache(maxsize=1)
def _cp2k_version() -> str | None:
    for program in ("cp2k.psmp", "cp2k.ssmp"):
        if path := shutil.which(program):
            said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
            number = re.search(r"CP2K version (\S+)", said)
            return number.group(1) if number else None
    return None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cp2k(settings: Cp2kSettings, mesh: tuple[int, int, int], folder: Path) -> Any:
    from ase.calculators.cp2k import CP2K

    if "CP2K_DATA_DIR" not in os.environ and Path("/usr/share/cp2k").is_dir():
        os.environ["CP2K_DATA_DIR"] = "/usr/share/cp2k"  # where Debian's cp2k-data puts it
    return CP2K(
        command=_cp2k_command(),
        label=str(folder / "run"),
        inp=cp2k_input(settings, mesh),
        xc=settings.functional,
        cutoff=settings.cutoff * Rydberg,
        max_scf=settings.max_steps,
        basis_set=settings.basis,
        basis_set_file=settings.basis_file,
        pseudo_potential=settings.pseudopotential,
        potential_file=settings.pseudopotential_file,
        stress_tensor=True,
    )


def cp2k_input(settings: Cp2kSettings, mesh: tuple[int, int, int]) -> str:
    """Write the part of CP2K's input that ASE does not write: grids, k-points, mixing, precision.

    Self-consistency begins with the density of the call before, which saves up to six of 17 steps under a small strain
    and nothing where the lists of neighbours change, and with that of the atoms where there is none.
    """
    smear = ""
    if settings.smearing:
        smear = f"""
      ADDED_MOS 20
      &SMEAR
        METHOD FERMI_DIRAC
        ELECTRONIC_TEMPERATURE [K] {settings.smearing}
      &END SMEAR"""
    backend = ""
    if settings.backend:
        backend = f"""&GLOBAL
  &GRID
    BACKEND {settings.backend}
    APPLY_CUTOFF F
  &END GRID
&END GLOBAL
"""
    return f"""{backend}&FORCE_EVAL
  &DFT
    &QS
      EPS_DEFAULT {settings.precision:g}
      EXTRAPOLATION USE_GUESS
    &END QS
    &MGRID
      REL_CUTOFF {settings.relative_cutoff:g}
      NGRIDS {settings.grids}
      PROGRESSION_FACTOR {settings.progression:g}
    &END MGRID
    &KPOINTS
      SCHEME MONKHORST-PACK {mesh[0]} {mesh[1]} {mesh[2]}
    &END KPOINTS
    &SCF
      EPS_SCF {settings.tolerance:g}
      SCF_GUESS RESTART{smear}
      &MIXING
        METHOD BROYDEN_MIXING
        ALPHA 0.4
        NBROYDEN 8
      &END MIXING
    &END SCF
  &END DFT
&END FORCE_EVAL
"""


def _gpaw(settings: GpawSettings, mesh: tuple[int, int, int], folder: Path) -> Any:
    from gpaw import GPAW, PW, FermiDirac, Mixer

    return GPAW(
        mode=PW(settings.cutoff, dedecut="estimate" if settings.pulay else None),
        xc=settings.functional,
        kpts={"size": mesh, "gamma": False},
        occupations=FermiDirac(settings.smearing),
        mixer=Mixer(0.25, 8, 20),
        convergence={"energy": settings.tolerance, "density": settings.density_tolerance},
        maxiter=settings.max_steps,
        symmetry={"point_group": False},  # strained and displaced crystals have none
        txt=str(folder / "run.out"),
    )
