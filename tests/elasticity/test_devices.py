"""Potentials on other devices than the CPU: a simulated one wherever torch is, and CUDA where there is a GPU."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from ase.spacegroup import crystal

from perovex.elasticity import LabelSettings, label
from perovex.elasticity.potentials.by_name import make_calculator
from perovex.errors import LabelError

POTENTIAL = "7net-0_22May2024+d3"
BATCH = 6


@pytest.fixture(scope="module")
def bromide():
    basis = [(0.5, 0.5, 0.5), (0, 0, 0), (0.5, 0, 0)]
    return crystal(("Cs", "Pb", "Br"), basis=basis, spacegroup=221, cellpar=[5.9] * 3 + [90] * 3)


@pytest.fixture(scope="module")
def on_cpu(bromide):
    pytest.importorskip("sevenn")
    return label(bromide, make_calculator(POTENTIAL), LabelSettings(batch=BATCH)).record


def assert_same_label(record, expected):
    assert record["status"] == expected["status"] == "accepted"
    assert record["calls"] == expected["calls"] > BATCH
    np.testing.assert_allclose(record["C_GPa"], expected["C_GPa"], atol=1e-4 * np.max(expected["C_GPa"]))
    assert record["energy_eV"] == pytest.approx(expected["energy_eV"], abs=1e-5)


@pytest.mark.labels
def test_a_label_on_a_simulated_device_is_that_on_the_cpu(bromide, on_cpu):
    """The device holds real numbers, refuses tensors of another device and gives no array before a copy."""
    request = {name: getattr(bromide, name).tolist() for name in ("numbers", "positions", "cell")}
    script = Path(__file__).with_name("simulated_accelerator.py")
    text = json.dumps(request | {"potential": POTENTIAL, "batch": BATCH})
    ran = subprocess.run([sys.executable, script], input=text, text=True, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    assert_same_label(answer["record"], on_cpu)
    assert answer["operations"] > 1000 * answer["record"]["calls"]
    mixed, array = answer["refusals"]
    assert "two devices" in mixed
    assert "numpy" in array


@pytest.mark.labels
def test_a_label_on_cuda_is_that_on_the_cpu(bromide, on_cpu):
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    calculator = make_calculator(POTENTIAL, device="cuda")
    assert_same_label(label(bromide, calculator, LabelSettings(batch=BATCH)).record, on_cpu)


@pytest.mark.labels
def test_absent_device_is_a_typed_error():
    torch = pytest.importorskip("torch")
    pytest.importorskip("sevenn")
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(LabelError, match="cuda"):
        make_calculator("7net-0_22May2024", device="cuda")


@pytest.mark.parametrize(("device", "fused"), [("cpu", True), ("cuda", False)])
def test_compiled_kernels_serve_the_cpu_only(monkeypatch, device, fused):
    seen = []
    batched, fast = ModuleType("batched_sevennet"), ModuleType("fast_sevennet")
    batched.BatchedSevenNet = lambda model, device, **_: SimpleNamespace(model=model, device=device)
    fast.fuse = seen.append
    monkeypatch.setitem(sys.modules, "perovex.elasticity.potentials.batched_sevennet", batched)
    monkeypatch.setitem(sys.modules, "perovex.elasticity.potentials.fused_sevennet", fast)
    calculator = make_calculator("7net-l3i5", device=device)
    assert calculator.device == device
    assert seen == (["7net-l3i5"] if fused else [])
