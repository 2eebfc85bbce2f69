"""The client side is a distribution of its own and works on Pythons that no stack has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli

from tests.serving.fake_server import FakeServer, push

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")

SCRIPT = """
import importlib.util, sys
import google.protobuf, grpc
from dragoman import AsyncClient, Client
import dragoman.commands.promote, serving.rollout
foreign = ("grammar", "pipeline", "trainer", "tensorflow", "numpy")
absent = [name for name in foreign if importlib.util.find_spec(name)]
with Client(sys.argv[1], model="m", label=None) as client:
    text = client.translate(["grün"])[0].text
print(google.protobuf.__version__.split(".")[0], absent, AsyncClient.__name__, text)
"""


def _built(distribution: str, wheels: Path) -> set[str]:
    """The folders at the top of the wheel; built in a copy, for setuptools leaves traces."""
    source = wheels / "source"
    if not source.exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in listed.decode().split("\0"):
            if (ROOT / name).is_file() and name.partition("/")[0] not in ("tests", "docs", "locks", "k8s"):
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, source / name)
    code = f"import setuptools.build_meta as b; print(b.build_wheel({str(wheels)!r}))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=source / distribution,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = wheels.glob(f"{'dragoman_pipeline' if distribution != '.' else 'dragoman'}-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if name.endswith("licenses/LICENSE")]
    return {name.partition("/")[0] for name in names if "dist-info" not in name}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    assert _built(".", folder) == {"contracts", "dragoman", "serving", "texts"}
    return folder


def test_pipeline_and_trainer_are_a_distribution_of_their_own(wheels: Path) -> None:
    assert _built("distributions/pipeline", wheels) == {"grammar", "pipeline", "trainer"}
    both = [
        tomli.loads((ROOT / folder / "pyproject.toml").read_text())
        for folder in (".", "distributions/pipeline")
    ]
    version = both[0]["project"]["version"]
    assert both[1]["project"]["version"] == version
    assert both[1]["project"]["dependencies"] == [f"dragoman[pipeline]=={version}"]
    assert {file["project"]["license"] for file in both} == {"Apache-2.0"}
    assert "Apache License" in (ROOT / "LICENSE").read_text()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeServer]:
    push(tmp_path, 1)
    running = FakeServer(tmp_path)
    running.loaded = {1}
    yield running
    running.stop()


def _interpreters() -> list[Path]:
    """One for each version that this machine has, the oldest first."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    interpreters = []
    for version in PYTHONS:
        here = [
            *pyenv.glob(f"{version}.*/bin/python"),
            *map(Path, filter(None, [shutil.which(f"python{version}")])),
        ]
        # A shim of pyenv's is there for versions that it does not run; Debian has ensurepip apart.
        runs = [
            python
            for python in here
            if not subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True).returncode
        ]
        interpreters += runs[:1]
    return interpreters


# With today's packages on both: protobuf 6, whatever this environment has.
@pytest.mark.parametrize("which", [0, -1], ids=["oldest", "newest"])
def test_the_client_side_installs_and_translates(
    which: int, wheels: Path, server: FakeServer, tmp_path: Path
) -> None:
    pythons = _interpreters()
    if not pythons:
        pytest.skip("no Python here makes environments: install Debian's python3-venv, say")
    if which and len(pythons) == 1:
        pytest.skip(f"{pythons[0]} is the only Python here, and it was tried as the oldest")
    python = pythons[which]
    made = tmp_path / "venv"
    subprocess.run([python, "-m", "venv", made], check=True, capture_output=True, timeout=120)
    (wheel,) = wheels.glob("dragoman-*.whl")
    pip = [made / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel]
    installed = subprocess.run(pip, capture_output=True, text=True, timeout=300)
    if re.search(r"NewConnectionError|Temporary failure|ReadTimeout|Max retries", installed.stderr):
        pytest.skip("no package index is reached")
    assert installed.returncode == 0, installed.stderr
    run = [made / "bin" / "python", "-c", SCRIPT, server.address]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.stdout == "6 [] AsyncClient GRüN\n", done.stderr
    command = made / "bin" / "dragoman"
    helped = subprocess.run([command, "--help"], capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert "translate" in helped.stdout
    refused = subprocess.run(
        [command, "run", "x.yaml"], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert refused.returncode == 1
    assert "pip install ./distributions/pipeline in Dragoman's checkout" in refused.stderr
