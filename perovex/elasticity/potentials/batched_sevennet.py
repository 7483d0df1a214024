"""SevenNet that evaluates many crystals as one graph, on any torch device."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import sevenn._keys as key_of
import torch
from ase import Atoms
from sevenn.atom_graph_data import AtomGraphData
from sevenn.calculator import SevenNetCalculator
from sevenn.train.dataload import unlabeled_atoms_to_graph

_TO_ASE = [0, 1, 2, 4, 5, 3]  # SevenNet orders shears xy, yz, zx


class BatchedSevenNet(SevenNetCalculator):
    """ASE calculator of a SevenNet model with `evaluate_many`.

    Parameters are those of ``SevenNetCalculator``. The model runs in float32; what leaves it is float64.
    """

    _too_many = float("inf")  # atoms of the smallest batch that did not fit the memory

    def evaluate_many(self, crystals: Sequence[Atoms]) -> list[dict[str, Any]]:
        """Energies (eV), forces (N, 3) in eV/Å and stresses (6,) in eV/Å^3 of many crystals.

        A batch that does not fit the memory of the device is halved, and so is every later one of as many atoms.

        Raises
        ------
        RuntimeError
            The model failed, or a single crystal does not fit the memory.
        """
        for atoms in crystals:
            self.set_atoms(atoms)
        count = sum(map(len, crystals))
        if len(crystals) == 1 or count < self._too_many:
            try:
                return self._evaluate(crystals)
            except torch.OutOfMemoryError:
                if len(crystals) == 1:
                    raise
                self._too_many = count
            if torch.cuda.is_available():
                torch.cuda.empty_cache()  # blocks of the failed batch would not fit its halves
        half = len(crystals) // 2
        return self.evaluate_many(crystals[:half]) + self.evaluate_many(crystals[half:])

    def _evaluate(self, crystals: Sequence[Atoms]) -> list[dict[str, Any]]:
        graphs = [unlabeled_atoms_to_graph(atoms, self.cutoff, with_shift=False) for atoms in crystals]
        counts = np.array([len(atoms) for atoms in crystals])
        first = np.concatenate([[0], np.cumsum(counts)])
        joined: dict[str, Any] = {
            name: np.concatenate([graph[name] for graph in graphs])
            for name in (key_of.NODE_FEATURE, key_of.ATOMIC_NUMBERS, key_of.POS, key_of.EDGE_VEC)
        }
        edges = [graph[key_of.EDGE_IDX] + start for graph, start in zip(graphs, first[:-1], strict=True)]
        joined[key_of.EDGE_IDX] = np.concatenate(edges, axis=1)
        joined[key_of.CELL_VOLUME] = np.array([atoms.get_volume() for atoms in crystals])
        joined[key_of.NUM_ATOMS] = counts
        joined[key_of.BATCH] = np.repeat(np.arange(len(crystals)), counts)
        data = AtomGraphData.from_numpy_dict(joined)
        data[key_of.INFO] = {}
        if self.modal:
            data[key_of.DATA_MODALITY] = [self.modal] * len(crystals)
        self.model.set_is_batch_data(True)
        try:
            output = self.model(data.to(self.device))
        finally:
            self.model.set_is_batch_data(False)
        energy, forces, stress = (
            output[name].detach().cpu().numpy().astype(np.float64)
            for name in (key_of.PRED_TOTAL_ENERGY, key_of.PRED_FORCE, key_of.PRED_STRESS)
        )
        return [
            {"energy": float(energy[k]), "forces": forces[first[k] : first[k + 1]], "stress": -stress[k, _TO_ASE]}
            for k in range(len(crystals))
        ]
