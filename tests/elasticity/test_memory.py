"""Memory that large arrays leave."""

import os
import platform
import subprocess
import sys

import pytest

from perovex.elasticity.potentials.memory import keep_freed_memory

MEGABYTES, TIMES, PAGES_PER_MEGABYTE = 100, 8, 256
SCRIPT = f"""
import resource, sys
import numpy as np
from perovex.elasticity.potentials.memory import keep_freed_memory
told = keep_freed_memory() if sys.argv[1] == "keep" else False
for time in range(1 + {TIMES}):
    np.ones({MEGABYTES} << 17)
    if not time:
        first = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(told, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - first)
"""


def faults(way, **environment):
    """Whether the C library was told, and the pages that the system cleared after the first array."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_"))}
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT, way], env=plain | environment, capture_output=True, text=True, check=True
    )
    told, pages = answer.stdout.split()
    return told == "True", int(pages)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_arrays_that_follow_one_another_share_their_pages():
    told, kept = faults("keep")
    assert told
    assert kept < PAGES_PER_MEGABYTE * MEGABYTES  # those of less than one of the eight
    assert faults("leave")[1] > kept


def test_what_the_environment_says_stands():
    assert not faults("keep", MALLOC_TRIM_THRESHOLD_="131072")[0]


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_freed_memory()
