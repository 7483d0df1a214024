"""A second torch device, simulated: its tensors hold real numbers on the CPU, but obey the rules of a GPU.

Tensors of two devices must not meet in one operation (but for numbers without dimensions), and none turns into an
array before it was copied to the CPU: what runs here moves its data as a GPU needs it, and its results can be
compared. What it cannot show is whether CUDA has a kernel for every operation. Run as a script, in its own process
because the device stays registered, it prints a label made there, as JSON.
"""

import json
import sys
import warnings
from collections import Counter
from typing import ClassVar

import numpy as np
import torch
from ase import Atoms
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "simulated"
BETWEEN_DEVICES = (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)


class Remote(torch.Tensor):
    """Tensor on the simulated device."""

    @staticmethod
    def __new__(cls, data):
        layout = {"strides": data.stride(), "storage_offset": data.storage_offset(), "dtype": data.dtype}
        return torch.Tensor._make_wrapper_subclass(cls, data.shape, device=torch.device(NAME, 0), **layout)

    def __init__(self, data):
        self.held = data

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        return evaluate(operation, args, kwargs or {})


def evaluate(operation, args, kwargs):
    """Run one operation on the held data, and refuse what a real device would."""
    given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
    remote = [tensor for tensor in given if isinstance(tensor, Remote)]
    if remote and operation not in BETWEEN_DEVICES and any(t.dim() for t in given if not isinstance(t, Remote)):
        raise RuntimeError(f"tensors of two devices in {operation}")
    asked = kwargs.get("device")
    plain_args, plain_kwargs = tree_map(lambda leaf: leaf.held if isinstance(leaf, Remote) else leaf, (args, kwargs))
    if asked is not None:
        plain_kwargs["device"] = torch.device("cpu")
    result = operation(*plain_args, **plain_kwargs)
    there = bool(remote) if asked is None else torch.device(asked).type == NAME
    if not there:
        return result
    Simulated.operations[operation.name()] += 1
    known = {id(tensor.held): tensor for tensor in remote}  # in-place operations return what they were given

    def wrap(leaf):
        if not isinstance(leaf, torch.Tensor):
            return leaf
        return known[id(leaf)] if id(leaf) in known else Remote(leaf)

    return tree_map(wrap, result)


class Simulated(TorchDispatchMode):
    """While it is on, `torch.device("simulated")` can be used; counts the operations that ran there."""

    operations: ClassVar = Counter()

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        return evaluate(operation, args, kwargs or {})


def refusals():
    """Messages of two mistakes that a real device would not forgive."""
    there = torch.ones(3, device=NAME)
    messages = []
    for mistake in (lambda: there + torch.ones(3), there.numpy):
        try:
            mistake()
        except (RuntimeError, TypeError) as error:
            messages.append(str(error))
    return messages


def main():
    request = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    _setup_privateuseone_for_python_backend(NAME)
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    from perovex.elasticity import LabelSettings, label
    from perovex.elasticity.potentials.by_name import make_calculator

    atoms = Atoms(request["numbers"], positions=request["positions"], cell=request["cell"], pbc=True)
    with Simulated():
        calculator = make_calculator(request["potential"], device=NAME)
        made = label(atoms, calculator, LabelSettings(batch=request["batch"]))
        answer = {"record": made.record, "refusals": refusals(), "operations": Simulated.operations.total()}
    sys.stdout.write(json.dumps(answer, default=np.ndarray.tolist))


if __name__ == "__main__":
    main()
