"""Mirror images are found by their spacer, and only they are compared."""

from __future__ import annotations

import pandas as pd
import pytest

from perovex.datasets import MODULI
from perovex.datasets.quality.enantiomers import enantiomer_differences, mirrored_smiles

RIGHT, LEFT = "C[C@@H]([NH3+])c1ccccc1", "C[C@H]([NH3+])c1ccccc1"


def labels(**crystals):
    """A table of labels from name -> (SMILES, modulus of all kinds, energy)."""
    rows = {
        name: {"spacer_smiles": smiles, "energy": energy, **dict.fromkeys(MODULI, modulus)}
        for name, (smiles, modulus, energy) in crystals.items()
    }
    return (
        pd.DataFrame(rows)
        .T.infer_objects()
        .assign(formula="x", n_atoms=10, n_layers=1.0, phase="RP", stacking="staggered")
    )


def test_mirror_images_are_compared_and_nothing_else():
    table = labels(
        right=(RIGHT, 11.0, -50.0),
        left=(LEFT, 9.0, -50.001),
        racemate=(f"{RIGHT}.{LEFT}", 5.0, -50.0),
        straight=("CCCC[NH3+]", 5.0, -50.0),
        packed_otherwise=(LEFT, 3.0, -50.1),
    )
    found = enantiomer_differences(table)
    assert found[["right", "left"]].to_numpy().tolist() == [["right", "left"]]
    assert found["E_vrh_percent"].iloc[0] == pytest.approx(20)
    assert found["energy_meV_per_atom"].iloc[0] == pytest.approx(0.1)


def test_another_stacking_or_composition_is_another_crystal():
    table = labels(right=(RIGHT, 11.0, -50.0), left=(LEFT, 9.0, -50.0))
    assert len(enantiomer_differences(table)) == 1
    assert enantiomer_differences(table.assign(stacking=["staggered", "eclipsed"])).empty
    assert enantiomer_differences(table.assign(formula=["x", "y"])).empty


@pytest.mark.parametrize("smiles", [RIGHT, LEFT, "C[C@H]([NH3+])C[C@@H](C)O"])
def test_mirroring_twice_gives_the_canonical_smiles(smiles):
    from rdkit import Chem

    turned = mirrored_smiles(smiles)
    assert turned != smiles
    assert mirrored_smiles(turned) == Chem.CanonSmiles(smiles)


def test_a_racemate_is_its_own_mirror_image():
    pair = mirrored_smiles(f"{RIGHT}.{LEFT}")
    assert mirrored_smiles(pair) == pair
