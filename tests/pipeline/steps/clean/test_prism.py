"""Ingestion, statistics, cleaning and translation through Beam's portable job API, on a real Prism.

It is the same API as that of Flink's and Spark's job servers, which need Java.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow_data_validation as tfdv

from tests.pipeline.steps.evaluate import toy
from tests.pipeline.steps.runs import artifacts, cleaned, config, examples, pair_corpus, run
from tests.pipeline.steps.translate.test_corpus import SOURCES, translations

# Not the Python SDK's own version: 2.68 fails its checksum in Go's module database. The job API is the same.
PRISM = "github.com/apache/beam/sdks/v2/go/cmd/prism@v2.77.0"
SPLITS = ("train", "dev", "test")
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of a Prism: the one on the path, or one built here."""
    binary = shutil.which("prism")
    if not binary:
        if not shutil.which("go"):
            pytest.skip("neither prism nor Go is on the path")
        folder = tmp_path_factory.mktemp("prism")
        built = subprocess.run(
            ["go", "install", PRISM],
            env={**os.environ, "GOBIN": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            pytest.skip(f"Prism could not be built: {built.stderr.strip().splitlines()[-1]}")
        binary = str(folder / "prism")
    port = _free_port()
    log = (tmp_path_factory.mktemp("log") / "prism.log").open("w")
    with subprocess.Popen([binary, f"-job_port={port}", "-serve_http=false"], stderr=log) as process:
        _await_listening(port, process)
        yield f"localhost:{port}"
        process.kill()


@pytest.fixture(scope="module")
def worker_pool() -> Iterator[str]:
    """The address of a pool of workers. It starts the bare `python` of the path."""
    port = _free_port()
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(Path(__file__).parents[4]),
    }
    command = [sys.executable, "-m", "apache_beam.runners.worker.worker_pool_main", f"--service_port={port}"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        _await_listening(port, process)
        yield f"localhost:{port}"
        process.terminate()


def _free_port() -> int:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return int(holder.getsockname()[1])


def _await_listening(port: int, process: subprocess.Popen[Any]) -> None:
    while True:
        assert process.poll() is None, "it ended at once"
        with socket.socket() as probe:
            if not probe.connect_ex(("localhost", port)):
                return
        time.sleep(0.1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """300 pairs, some of which cleaning rejects for one reason or another."""
    chance = random.Random(1)
    words = ["house", "tree", "river", "stone", "light"]
    pairs = []
    for _ in range(300):
        source = " ".join(chance.choices(words, k=chance.randint(1, 6)))
        pairs.append((source, source.upper() if chance.random() < 0.9 else source))
    return pair_corpus(tmp_path_factory.mktemp("corpus"), train=pairs, dev=pairs[:5], test=[("a b", "c d")])


@pytest.fixture(scope="module")
def in_process(corpus: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("in_process")
    run(config(corpus), root, validate=True, clean=True)
    return _output(root)


def _output(root: Path) -> dict[str, Any]:
    """All that the three components put out."""
    (statistics,) = artifacts(root, "StatisticsGen", "statistics")
    return {
        "examples": [examples(root, split) for split in SPLITS],
        "ingest report": (artifacts(root, "CorpusExampleGen", "examples")[0] / "ingest.json").read_text(),
        "cleaned": [cleaned(root, split) for split in SPLITS],
        "cleaning": (artifacts(root, "Cleaner", "cleaning_report")[0] / "cleaning.json").read_text(),
        "statistics": [
            tfdv.load_stats_binary(str(statistics / f"Split-{split}" / "FeatureStats.pb")) for split in SPLITS
        ],
    }


@pytest.mark.parametrize("environment", ["loopback", "external"])
def test_prism_gives_the_same_output(
    environment: str,
    prism: str,
    corpus: dict[str, Any],
    in_process: dict[str, Any],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    beam = {"runner": "prism", "endpoint": prism, "environment": environment}
    if environment == "external":
        beam["worker_pool"] = request.getfixturevalue("worker_pool")
    run(config(corpus, beam=beam), tmp_path, validate=True, clean=True)
    output = _output(tmp_path)
    assert len(output["examples"][0]) == 300
    assert 0 < len(output["cleaned"][0]) < 300
    for what, expected in in_process.items():
        assert output[what] == expected, what


def test_prism_gives_the_same_translations(prism: str, tmp_path: Path) -> None:
    model = toy.export({source: source.upper() for source in SOURCES}, tmp_path / "model")
    engine = {"runner": "prism", "endpoint": prism, "environment": "loopback"}
    assert translations(tmp_path / "there", model, engine) == translations(tmp_path / "here", model)
