"""Interatomic potentials by name, as ASE calculators.

Names are ``model`` or ``model+d3``: a model of the entry-point group ``perovex.calculators`` (a factory
that takes ``device`` and ``dtype``), or one of the SevenNet weights that install with the package
``sevenn``. ``+d3`` adds D3(BJ) dispersion with two-body terms and the PBE parameters of Grimme, Ehrlich and
Goerigk, J. Comput. Chem. 32, 1456 (2011), 10.1002/jcc.21759.
"""

from __future__ import annotations

import logging
import warnings
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from perovex.errors import LabelError

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_POTENTIAL = "7net-l3i5+d3"
SEVENNET = ("7net-l3i5", "7net-0_11Jul2024", "7net-0_22May2024")
D3_PBE = {"s6": 1.0, "s8": 0.7875, "a1": 0.4289, "a2": 4.4407, "s9": 0.0}
GROUP = "perovex.calculators"

logger = logging.getLogger(__name__)


def known_potentials() -> list[str]:
    """Names that `make_calculator` accepts, without the ``+d3`` suffix."""
    return sorted({*SEVENNET, *(point.name for point in entry_points(group=GROUP))})


def make_calculator(name: str = DEFAULT_POTENTIAL, *, device: str = "cpu", dtype: str = "float32") -> Any:
    """Build the ASE calculator of a potential.

    Parameters
    ----------
    name : str
        A name of `known_potentials`, optionally followed by ``+d3``.
    device : str
        Torch device of the model, such as ``cpu`` or ``cuda``; dispersion runs on the CPU.
    dtype : str
        Working precision, passed to factories of entry points; SevenNet runs in float32, whose force noise is
        1e-6 eV/Å.

    Raises
    ------
    LabelError
        Unknown name, or a package is missing.

    Examples
    --------
    >>> make_calculator("no-such-potential")
    Traceback (most recent call last):
    ...
    perovex.errors.LabelError: unknown potential 'no-such-potential' ...
    """
    model, _, suffix = name.partition("+")
    if suffix not in ("", "d3"):
        raise LabelError(f"unknown dispersion {suffix!r} in potential {name!r}", remedy="use '+d3' or nothing")
    factories: dict[str, Callable[..., Any]] = {p.name: p.load for p in entry_points(group=GROUP)}
    if model in factories:
        calculator = factories[model]()(device=device, dtype=dtype)
    elif model in SEVENNET:
        calculator = _sevennet(model, device)
    else:
        raise LabelError(f"unknown potential {name!r}", remedy=f"known: {', '.join(known_potentials())}")
    if not suffix:
        return calculator
    from ase.calculators.mixing import SumCalculator

    return SumCalculator([calculator, _d3()])


def _sevennet(model: str, device: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch and e3nn warn about their own internals
            from perovex.elasticity.potentials.batched_sevennet import BatchedSevenNet

            calculator = BatchedSevenNet(model, device=device)
    except ImportError as error:
        raise LabelError("sevenn is not installed", remedy="pip install 'perovex[labels]'") from error
    except (RuntimeError, AssertionError) as error:  # torch: no such device, or built without it
        raise LabelError(f"the potential cannot run on {device!r}: {error}", remedy="--device cpu") from error
    if device == "cpu":
        try:
            from perovex.elasticity.potentials.fused_sevennet import fuse
        except ImportError:
            logger.info("numba is not installed: convolutions of the potential run unfused, about five times slower")
        else:
            fuse(calculator.model)
    return calculator


def _d3() -> Any:
    try:
        from dftd3.ase import DFTD3
    except ImportError as error:
        raise LabelError("dftd3 is not installed", remedy="pip install 'perovex[labels]'") from error
    return DFTD3(damping="d3bj", params_tweaks=dict(D3_PBE))


def describe(name: str) -> dict[str, Any]:
    """Return what a record says about the potential: name, dispersion and its parameters."""
    model, _, suffix = name.partition("+")
    dispersion = {"name": "D3(BJ)", "functional": "PBE", **D3_PBE} if suffix == "d3" else None
    return {"name": name, "model": model, "dispersion": dispersion}
