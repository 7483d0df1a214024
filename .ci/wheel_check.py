"""Build the wheel, install it by name in a fresh environment, and use it from another folder.

Usage: python .ci/wheel_check.py [FOLDER]    (default: a temporary folder)

The environment that runs this needs uv, which builds and installs in seconds what pip takes minutes for; it stays
untouched.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from packaging.version import Version

HERE = Path(__file__).resolve().parent.parent
LARGEST = 15e6  # bytes


def call(*command: object, folder: Path) -> str:
    """Run a command far from the source; print and return what it printed."""
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    print("$", *command, flush=True)
    start = time.monotonic()
    done = subprocess.run(
        [str(item) for item in command], cwd=folder, env=clean, check=False, text=True, capture_output=True
    )
    print(f"{done.stdout[-3000:]}{done.stderr[-3000:]}({time.monotonic() - start:.0f} s)\n", flush=True)
    if done.returncode:
        raise SystemExit(f"exit status {done.returncode}")
    return done.stdout


def expected_releases() -> set[str]:
    """Newest finished release: models and new builds stand on it, and a preview is for those who name it."""
    names = [path.name for path in (HERE / "data" / "elastic").iterdir() if path.is_dir()]
    return {max((name for name in names if not Version(name).is_prerelease), key=Version)}


def check_contents(wheel: Path) -> None:
    """Refuse a wheel that is too large, or holds other releases of the data than those that are used."""
    size = wheel.stat().st_size
    expected = expected_releases()
    names = zipfile.ZipFile(wheel).namelist()
    releases = {name.split("/")[3] for name in names if name.startswith("perovex/_data/elastic/")}
    print(f"{wheel.name}: {size / 1e6:.1f} MB, {len(names)} files, data {', '.join(sorted(releases))}")
    if size > LARGEST:
        raise SystemExit(f"larger than {LARGEST / 1e6:.0f} MB")
    if releases != expected:
        raise SystemExit(f"holds data {sorted(releases)} instead of {sorted(expected)}: edit pyproject.toml")


def main() -> None:
    """Build, install, use."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary).resolve()
        dist, environment = folder / "dist", folder / "venv"
        uv = [sys.executable, "-m", "uv"]
        call(*uv, "build", "-q", "--wheel", "-o", dist, HERE, folder=folder)
        (wheel,) = dist.glob("perovex-*.whl")
        check_contents(wheel)
        call(*uv, "venv", "-q", "--clear", "--python", sys.executable, environment, folder=folder)
        scripts = environment / ("Scripts" if os.name == "nt" else "bin")
        pinned = ["-c", HERE / "constraints.txt", "--find-links", dist]
        call(*uv, "pip", "install", "-q", "--python", environment, *pinned, "perovex", folder=folder)
        crystal = HERE / "tests" / "data" / "crystals" / "s01_PbBr_n1.extxyz"
        call(scripts / "perovex", "doctor", folder=folder)
        call(scripts / "perovex", "describe", crystal, "--out", folder / "table.csv", "--force", folder=folder)
        if "E_vrh" not in call(scripts / "perovex", "predict", crystal, folder=folder):
            raise SystemExit("no prediction")
        where = call(scripts / "python", "-c", "import perovex; print(perovex.__file__)", folder=folder)
        if not Path(where.strip()).is_relative_to(environment):
            raise SystemExit(f"another perovex was used: {where}")
    print("the wheel works")


if __name__ == "__main__":
    main()
