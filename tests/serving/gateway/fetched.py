"""Packages that tests alone need and no lock can have: npm's, and one of PyPI's without all that it depends
on. They are fetched once into pytest's cache, and not kept here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

_SECONDS = 180


def from_npm(cache: pytest.Cache, name: str, version: str) -> Path:
    """The `node_modules` with a package; the test is skipped, with the reason, where it is not to be had."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is not here, which fetches {name}")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--fetch-retries=0"]
    return _fetched(
        cache, f"{name}-{version}", [npm, "install", *options, f"{name}@{version}", "--prefix"]
    ) / ("node_modules")


def from_pypi(cache: pytest.Cache, name: str, version: str) -> Path:
    """The folder with a package alone, for `sys.path`. Skips as `from_npm`."""
    python = Path(sys.base_prefix) / "bin" / "python3"  # Environments that uv has made have no pip.
    options = ["--quiet", "--disable-pip-version-check", "--retries=0", "--no-deps"]
    command = [str(python), "-m", "pip", "install", *options, f"{name}=={version}", "--target"]
    return _fetched(cache, f"{name}-{version}", command)


def _fetched(cache: pytest.Cache, name: str, command: list[str]) -> Path:
    """The folder of this name, filled by a command that ends with it: whole, or not there."""
    folder = cache.mkdir("fetched") / name
    if folder.exists():
        return folder
    beside = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        subprocess.run([*command, str(beside)], capture_output=True, text=True, timeout=_SECONDS, check=True)
        beside.rename(folder)
    except (OSError, subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        if folder.exists():  # Of several workers that fetch it at once one is the first.
            return folder
        pytest.skip(f"{name} cannot be fetched: {error} {getattr(error, 'stderr', None) or ''}")
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder
