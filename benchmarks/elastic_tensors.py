"""Tensor algebra against the published elastic tensors of 1181 inorganic crystals.

The table (de Jong et al., Sci. Data 2, 150009 (2015), 10.1038/sdata.2015.9) lists a tensor with its averages and
anisotropy. It is not part of perovex; old releases of matminer (0.3.2) hold it as ``elastic_tensor.csv``.
Quantities are compared row by row; rows that differ by more than the last printed digits are listed with what
explains them. The symmetry residual is that of the tensor as computed, in the frame of its crystal.

``python benchmarks/elastic_tensors.py PATH/elastic_tensor.csv``
"""

import argparse
import json
import warnings

import numpy as np
import pandas as pd
from pymatgen.core import Structure
from tqdm import tqdm

from perovex.elasticity import ElasticTensor
from perovex.errors import ElasticityError

COLUMNS = {
    "K_Voigt": lambda t: t.voigt.K,
    "K_Reuss": lambda t: t.reuss.K,
    "K_VRH": lambda t: t.hill.K,
    "G_Voigt": lambda t: t.voigt.G,
    "G_Reuss": lambda t: t.reuss.G,
    "G_VRH": lambda t: t.hill.G,
    "poisson_ratio": lambda t: t.hill.poisson,
    "elastic_anisotropy": lambda t: t.universal_anisotropy,
}
AGREED = 1e-6  # relative


def matrix(text):
    return np.array(json.loads(text), dtype=float)


def compare(row):
    """Relative differences of one row, with what may explain them."""
    tensor = ElasticTensor(matrix(row["elastic_tensor"]))
    found = {"crystal": row["material_id"], "formula": row["formula"]}
    for name, ours in COLUMNS.items():
        scale = max(abs(row[name]), 1.0 if name in {"poisson_ratio", "elastic_anisotropy"} else 0.0)
        found[name] = abs(ours(tensor) - row[name]) / scale
    inverse = matrix(row["compliance_tensor"])
    found["compliance"] = abs(tensor.compliance - inverse).max() / abs(inverse).max()
    found["invertible"] = tensor.eigenvalues[0] / tensor.eigenvalues[-1]
    found["asymmetry"] = tensor.asymmetry / abs(tensor.C).max()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen about electronegativities
        structure = Structure.from_str(row["poscar"], fmt="poscar")
        original = 0.5 * (m := matrix(row["elastic_tensor_original"])) + 0.5 * m.T
    found["space_group"] = row["space_group"]
    found["residual"] = ElasticTensor(original).symmetry_residual(structure, tolerance=0.1)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="elastic_tensor.csv")
    args = parser.parse_args()
    table = pd.read_csv(args.table, comment="#")
    rows, refused = [], []
    for _, row in tqdm(table.iterrows(), total=len(table)):
        try:
            rows.append(compare(row))
        except ElasticityError as error:
            refused.append((row["material_id"], row["formula"], str(error)))
    frame = pd.DataFrame(rows)
    names = [*COLUMNS, "compliance"]
    summary = frame[names].describe(percentiles=[0.5, 0.99]).loc[["50%", "99%", "max"]].T
    summary["agree"] = [f"{(frame[name] < AGREED).sum()} of {len(table)}" for name in names]
    print(summary.to_string(float_format=lambda v: f"{v:.1e}"))
    print(f"\nrefused: {refused or 'none'}")
    outliers = frame[(frame[names] >= AGREED).any(axis=1)]
    print(f"\n{len(outliers)} rows differ by more than {AGREED:g}:")
    print(outliers.to_string(index=False, float_format=lambda v: f"{v:.1e}"))
    print("\nsymmetry residual of the tensors as computed, share of the largest component:")
    print(frame["residual"].describe(percentiles=[0.5, 0.9, 0.99]).to_string())
    print(frame.nlargest(15, "residual")[["crystal", "formula", "space_group", "residual"]].to_string(index=False))


if __name__ == "__main__":
    main()
