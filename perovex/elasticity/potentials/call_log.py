"""Every call of an expensive calculator on file, so that none is made twice."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex._files import make_folder
from perovex.elasticity.surface import RESULTS, evaluate_many
from perovex.errors import LabelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ase import Atoms

SAME = 1e-7  # Å: crystals that differ by less are one


class LoggedCalculator:
    """A calculator that writes every call to a file as soon as it is done, and answers from it what is there.

    An interrupted computation that is run again meets the same crystals and passes through to where it stopped,
    whatever its algorithm. The file is also the data set of the calls: one line of JSON each, with the crystal
    (``numbers``, ``cell`` and ``positions`` in Å), ``energy`` (eV), ``forces`` (eV/Å), ``stress``
    (eV/Å^3, Voigt, tension positive) and ``seconds``.

    Parameters
    ----------
    make : callable
        Returns the ASE calculator; called when the first new crystal comes.
    path : path
        File of the calls, ``.jsonl``; its folder is made.
    after_call : callable, optional
        Called after every new call.

    Attributes
    ----------
    made : int
        Calls made by this object, those answered from the file not counted.

    Raises
    ------
    LabelError
        The file is there but is not a log of calls.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from ase.build import bulk
    >>> from ase.calculators.emt import EMT
    >>> with TemporaryDirectory() as folder:
    ...     first = LoggedCalculator(EMT, f"{folder}/calls.jsonl")
    ...     energy = first.evaluate_many([bulk("Cu")])[0]["energy"]
    ...     again = LoggedCalculator(EMT, f"{folder}/calls.jsonl")
    ...     again.evaluate_many([bulk("Cu")])[0]["energy"] == energy, first.made, again.made
    (True, 1, 0)
    """

    def __init__(self, make: Callable[[], Any], path: str | Path, after_call: Callable[[], None] | None = None) -> None:
        self._make, self.path, self._after_call = make, Path(path), after_call
        self._calculator: Any = None
        self.made = 0
        self.calls = read_calls(self.path) if self.path.exists() else []

    def evaluate_many(self, crystals: Sequence[Atoms]) -> list[dict[str, Any]]:
        """Energies (eV), forces (N, 3) and stresses (6,) of crystals, from the file or from the calculator."""
        return [self._recall(atoms) or self._call(atoms) for atoms in crystals]

    def _recall(self, atoms: Atoms) -> dict[str, Any] | None:
        for call in self.calls:
            if (
                np.array_equal(call["numbers"], atoms.numbers)
                and abs(np.asarray(call["cell"]) - atoms.cell[:]).max() < SAME
                and abs(np.asarray(call["positions"]) - atoms.positions).max() < SAME
            ):
                return {key: np.asarray(call[key], float) if key != "energy" else call[key] for key in RESULTS}
        return None

    def _call(self, atoms: Atoms) -> dict[str, Any]:
        if self._calculator is None:
            self._calculator = self._make()
        start = time.perf_counter()
        (result,) = evaluate_many(self._calculator, [atoms])
        call = {
            "numbers": atoms.numbers.tolist(),
            "cell": atoms.cell[:].tolist(),
            "positions": atoms.positions.tolist(),
            "energy": float(result["energy"]),
            "forces": np.asarray(result["forces"], float).tolist(),
            "stress": np.asarray(result["stress"], float).tolist(),
            "seconds": round(time.perf_counter() - start, 2),
        }
        self._append(call)
        self.made += 1
        if self._after_call is not None:
            self._after_call()
        return result

    def _append(self, call: dict[str, Any]) -> None:
        make_folder(self.path.parent)
        with self.path.open("ab") as handle:
            handle.write((json.dumps(call) + "\n").encode())
            handle.flush()
            os.fsync(handle.fileno())
        self.calls.append(call)


def read_calls(path: Path) -> list[dict[str, Any]]:
    """Read a log of calls; a last line that an interruption cut short is left out, and taken off the file.

    Raises
    ------
    LabelError
        Another line is broken.
    """
    raw = path.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) < len(raw):
        with path.open("r+b") as handle:
            handle.truncate(len(whole))
    calls = []
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            call = json.loads(line)
        except ValueError as error:
            raise LabelError(f"line {number} is not JSON: {error}", remedy="delete it", source=path) from error
        if not isinstance(call, dict) or not {"numbers", "cell", "positions", *RESULTS} <= set(call):
            raise LabelError(f"line {number} is not a call", remedy="give another file", source=path)
        calls.append(call)
    return calls
