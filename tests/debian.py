"""Debian's packages for tests that need their programs: unpacked under build/debian, nothing is installed.

apt works in a folder of its own there, so that neither root nor the machine's package lists are needed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[1] / "build" / "debian"


def program(name: str, package: str) -> Path:
    """The machine's own program of that name, else the package's; skips the test where neither is."""
    own = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if own:
        return Path(own)
    root = unpacked(package)
    for folder in ("usr/bin", "usr/sbin"):
        if (binary := root / folder / name).exists():
            return binary
    raise AssertionError(f"the package {package} has no program {name}")


def unpacked(package: str) -> Path:
    """The root folder of a package and of what it needs and is not here; skips the test without apt."""
    root = _FOLDER / package
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / f"{package}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            try:
                _unpack(package, root)
            except (OSError, subprocess.SubprocessError) as error:
                said = getattr(error, "stderr", None) or str(error)
                pytest.skip(
                    f"apt-get install {package}: it is not here, and fetching it failed: {said.strip()}"
                )
    return root


def libraries(root: Path) -> dict[str, str]:
    """The environment in which programs below it find their libraries."""
    folders = [str(folder) for folder in root.glob("usr/lib/*-linux-gnu*")]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join([*folders, os.environ.get("LD_LIBRARY_PATH", "")])}


def _unpack(package: str, root: Path) -> None:
    state = _FOLDER / f"{package}.apt"
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    apt = [
        "apt-get",
        "-qq",
        *("-o", f"Dir::State::lists={state / 'lists'}", "-o", f"Dir::Cache={state / 'cache'}"),
        *("-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"),
    ]
    _call(*apt, "update")
    _call(*apt, "install", "--yes", "--download-only", "--no-install-recommends", package)
    partial = root.with_suffix(".partial")
    for archive in sorted((state / "cache/archives").glob("*.deb")):
        _call("dpkg-deb", "--extract", str(archive), str(partial))
    shutil.rmtree(state)
    partial.rename(root)


def _call(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
