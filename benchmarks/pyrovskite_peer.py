"""What pyrovskite makes of the crystals that ``build.py`` builds, which prints it where pyrovskite is installed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pymatgen.io.ase import AseAtomsAdaptor
from tqdm import tqdm

from perovex import describe
from perovex.building import Expected, bond_length, check_built

if TYPE_CHECKING:
    from build import Case
    from pymatgen.core import Structure


def by_pyrovskite(case: Case) -> Structure:
    """Build with pyrovskite as its documentation says: conformer by RDKit along z, bond length given, defaults else."""
    from ase import Atoms
    from pyrovskite.builder import make_2drp, make_dj
    from rdkit import Chem
    from rdkit.Chem import rdDistGeom
    from scipy.spatial.transform import Rotation

    def molecule(smiles: str) -> Atoms:
        mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
        rdDistGeom.EmbedMolecule(mol, randomSeed=1)
        x = np.array(mol.GetConformer().GetPositions())
        heads = [a.GetIdx() for a in mol.GetAtoms() if a.GetFormalCharge() > 0]
        far = heads[1] if len(heads) > 1 else int(np.linalg.norm(x - x[heads[0]], axis=1).argmax())
        turn, _ = Rotation.align_vectors([[0.0, 0.0, 1.0]], [x[far] - x[heads[0]]])
        return Atoms([a.GetSymbol() for a in mol.GetAtoms()], turn.apply(x))

    make = make_dj if case.smiles.count("+") == 2 else make_2drp
    cage = {"MA": "C[NH3+]", "FA": "NC=[NH2+]"}.get(case.cage)
    inside = molecule(cage) if cage else "Cs"
    atoms = make(molecule(case.smiles), inside, case.metal, case.halide, case.n, bond_length(case.metal, case.halide))
    return AseAtomsAdaptor.get_structure(atoms)


def peer_table(data, todo: list[Case]) -> pd.DataFrame:
    """What pyrovskite makes of the same requests: seconds, what perception says, and the layer period."""
    lines = []
    for case in tqdm(todo, desc="pyrovskite", leave=False):
        start, line = time.process_time(), {"name": case.name}
        try:
            structure = by_pyrovskite(case)
            line["cpu_seconds"] = time.process_time() - start
            check_built(structure, Expected(n=case.n, metals=(case.metal,), halides=(case.halide,)))
            line["verdict"] = "passes"
        except Exception as error:  # noqa: BLE001 (whatever a peer raises is its result)
            line["verdict"] = f"{type(error).__name__}: {error}"[:160]
        else:
            if case.original:
                period = describe(data.structures[case.name])["layer_period"]
                line["layer_period_miss_percent"] = 100 * (describe(structure)["layer_period"] / period - 1)
        lines.append(line)
    return pd.DataFrame(lines).set_index("name")
