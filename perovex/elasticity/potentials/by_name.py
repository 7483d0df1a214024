"""Interatomic potentials and first-principles codes by name, as ASE calculators.

A name is a model, optionally followed by ``+d3``. The model is one of

* an entry point of the group ``perovex.calculators`` (a factory that takes ``device`` and ``dtype``),
* SevenNet weights that install with the package ``sevenn``; a colon and a task chooses the head of a model with several
  (``7net-mf-0:R2SCAN``),
* a SevenNet checkpoint file with its task (``/path/7net-omni.pth:mpa``),
* ``module:factory``, anything importable that returns an ASE calculator,
* ``cp2k-pbe`` or ``gpaw-pbe``, a first-principles code (`perovex.elasticity.potentials.first_principles`), with
  settings after a colon (``cp2k-pbe:cutoff=500,kpoint_length=20``).

``+d3`` adds D3(BJ) dispersion with two-body terms and the PBE parameters of Grimme, Ehrlich and Goerigk, J. Comput.
Chem. 32, 1456 (2011), 10.1002/jcc.21759.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perovex._extras import install_command
from perovex.elasticity.potentials.first_principles import CODES, FirstPrinciples, settings_of
from perovex.elasticity.potentials.memory import keep_freed_memory
from perovex.elasticity.potentials.names import (
    CHECKPOINT,
    D3_PBE,
    FACTORY,
    SEVENNET,
    known_potentials,
    registered,
    split_dispersion,
)
from perovex.errors import LabelError

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_POTENTIAL = "7net-l3i5+d3"

logger = logging.getLogger(__name__)


def require(name: str = DEFAULT_POTENTIAL) -> None:
    """Find out whether a potential is known and its packages are installed, without loading it.

    Parameters
    ----------
    name : str
        As in `make_calculator`.

    Raises
    ------
    LabelError
        Unknown name, or a package or a file is missing.

    Examples
    --------
    >>> require("no-such-potential")
    Traceback (most recent call last):
    ...
    perovex.errors.LabelError: unknown potential 'no-such-potential' ...
    """
    model, dispersion = split_dispersion(name)
    if dispersion not in ("", "d3"):
        raise LabelError(f"unknown dispersion {dispersion!r} in potential {name!r}", remedy="use '+d3' or nothing")
    checkpoint = CHECKPOINT.fullmatch(model)
    known = model in known_potentials() or model.partition(":")[0] in CODES
    if checkpoint is None and not known and not FACTORY.fullmatch(model):
        raise _unknown(name)
    needed = ["sevenn"] if checkpoint or model in SEVENNET else []
    needed += ["dftd3"] if dispersion else []
    missing = [package for package in needed if find_spec(package) is None]
    if missing:
        raise LabelError(
            f"the potential {name} needs {' and '.join(missing)}, not installed here",
            remedy=install_command("labels"),
        )


def _unknown(name: str) -> LabelError:
    return LabelError(
        f"unknown potential {name!r}",
        remedy=f"known: {', '.join(known_potentials())}; or FILE.pth:TASK, or module:factory",
    )


def make_calculator(name: str = DEFAULT_POTENTIAL, *, device: str = "cpu", dtype: str = "float32") -> Any:
    """Build the ASE calculator of a potential.

    Parameters
    ----------
    name : str
        A name of `known_potentials`, ``FILE.pth:TASK`` or ``module:factory``, optionally followed by ``+d3``.
    device : str
        Torch device of the model, such as ``cpu`` or ``cuda``; dispersion and first-principles codes run on the CPU.
    dtype : str
        Working precision, passed to factories; SevenNet runs in float32, whose force noise is 1e-6 eV/Å.

    Raises
    ------
    LabelError
        Unknown name, or a package, a file or a code is missing.

    Examples
    --------
    >>> make_calculator("no-such-potential")
    Traceback (most recent call last):
    ...
    perovex.errors.LabelError: unknown potential 'no-such-potential' ...
    >>> type(make_calculator("ase.calculators.emt:EMT")).__name__
    'EMT'
    """
    model, dispersion = split_dispersion(name)
    if dispersion not in ("", "d3"):
        raise LabelError(f"unknown dispersion {dispersion!r} in potential {name!r}", remedy="use '+d3' or nothing")
    calculator = _make_model(model, name, device, dtype)
    if not dispersion:
        return calculator
    from ase.calculators.mixing import SumCalculator

    return SumCalculator([calculator, _d3()])


def _make_model(model: str, name: str, device: str, dtype: str) -> Any:
    factories = registered()
    checkpoint = CHECKPOINT.fullmatch(model)
    if model in factories:
        return factories[model].load()(device=device, dtype=dtype)
    if model in SEVENNET:
        weights, _, task = model.partition(":")
        return _sevennet(weights, task or None, device)
    if model.partition(":")[0] in CODES:
        return FirstPrinciples(settings_of(model))
    if checkpoint:
        if not Path(checkpoint["file"]).is_file():
            raise LabelError("no such checkpoint", remedy="give the path of a SevenNet .pth", source=checkpoint["file"])
        return _sevennet(checkpoint["file"], checkpoint["task"], device)
    if FACTORY.fullmatch(model):
        return _call_factory(_import_factory(model), device, dtype)
    raise _unknown(name)


def _sevennet(weights: str, task: str | None, device: str) -> Any:
    source = weights if weights.endswith(".pth") else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch and e3nn warn about their own internals
            from perovex.elasticity.potentials.batched_sevennet import BatchedSevenNet

            calculator = BatchedSevenNet(weights, device=device, modal=task)
    except ImportError as error:
        raise LabelError("sevenn is not installed", remedy=install_command("labels")) from error
    except ValueError as error:  # a model with several heads wants one of them
        raise LabelError(f"{error}", remedy="name the task: FILE.pth:TASK", source=source) from error
    except (RuntimeError, AssertionError) as error:  # torch: no such device, or built without it
        raise LabelError(f"the potential cannot run on {device!r}: {error}", remedy="--device cpu") from error
    except Exception as error:
        if source is None:
            raise
        raise LabelError(f"not a SevenNet checkpoint: {type(error).__name__}: {error}", source=source) from error
    if device == "cpu":
        keep_freed_memory()
        try:
            from perovex.elasticity.potentials.fused_sevennet import fuse
        except ImportError:
            logger.info("numba is not installed: convolutions of the potential run unfused, about seven times slower")
        else:
            fuse(calculator.model)
    return calculator


def _import_factory(model: str) -> Callable[..., Any]:
    module, _, path = model.partition(":")
    if "" not in sys.path:
        sys.path.append("")  # a module in the working folder counts, as with `python -m`
    try:
        factory: Any = importlib.import_module(module)
        for part in path.split("."):
            factory = getattr(factory, part)
    except ImportError as error:
        raise LabelError(
            f"potential {model!r}: {error}", remedy="install its package, or run where it can be imported"
        ) from error
    except AttributeError as error:
        raise LabelError(f"potential {model!r}: {error}", remedy="name what returns an ASE calculator") from error
    if not callable(factory):
        raise LabelError(f"potential {model!r} is not callable", remedy="name what returns an ASE calculator")
    return factory


def _call_factory(factory: Callable[..., Any], device: str, dtype: str) -> Any:
    """Call a factory with those of ``device`` and ``dtype`` that its signature names."""
    offered = {"device": device, "dtype": dtype}
    try:
        accepted = set(inspect.signature(factory).parameters)
    except (TypeError, ValueError):  # classes of extension modules say nothing
        accepted = set()
    calculator = factory(**{key: value for key, value in offered.items() if key in accepted})
    if not hasattr(calculator, "get_property") and not hasattr(calculator, "evaluate_many"):
        raise LabelError(f"{type(calculator).__name__} is not an ASE calculator", remedy="the factory must return one")
    return calculator


def _d3() -> Any:
    try:
        from dftd3.ase import DFTD3
    except ImportError as error:
        raise LabelError("dftd3 is not installed", remedy=install_command("labels")) from error
    return DFTD3(damping="d3bj", params_tweaks=dict(D3_PBE))
