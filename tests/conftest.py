"""For all tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples for everybody, so that no run fails by chance; `make test-explore` draws new ones
# (--hypothesis-profile=explore), ten times as many, and what it finds becomes an @example.
settings.register_profile("ci", derandomize=True)
# Said in full: where CI is set, hypothesis derandomises every profile that does not say otherwise.
settings.register_profile("explore", derandomize=False, max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("ci")

# absl, which TFX uses, reads the process's arguments when it is first needed: pytest's `-v` would be
# its verbosity.
del sys.argv[1:]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An empty disk of 1 MiB, to be filled."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
