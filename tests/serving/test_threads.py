"""Threads of a server by the size of what it serves, and how each way of starting one passes them on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from serving import launch, threads
from serving.launch import LaunchOptions
from serving.model_config import FILE_NAME
from serving.server.main import _Loader
from serving.server.metrics import Metrics
from serving.server.options import parse
from serving.threads import SMALL_BYTES, SessionThreads

CORES = threads.cores()


def push_weights(model: Path, version: int, weights: int = 0, variables: int = 0) -> None:
    """A version with files of these sizes, of which nothing is on the disk."""
    folder = model / str(version)
    (folder / "variables").mkdir(parents=True)
    for name, size in (("saved_model.pb", weights), ("variables/variables.data-00000-of-00001", variables)):
        with (folder / name).open("wb") as file:
            file.truncate(size)


@pytest.mark.parametrize(
    ("weights", "variables", "intra"),
    [(SMALL_BYTES, 0, 1), (SMALL_BYTES + 1, 0, CORES), (1000, SMALL_BYTES, CORES)],
)
def test_operations_of_large_models_are_shared(
    tmp_path: Path, weights: int, variables: int, intra: int
) -> None:
    push_weights(tmp_path, 1, weights, variables)
    assert threads.fitting([tmp_path]) == SessionThreads(intra, CORES)


def test_the_newest_version_of_the_largest_model_counts(tmp_path: Path) -> None:
    push_weights(tmp_path / "shrunk", 9, SMALL_BYTES * 2)
    push_weights(tmp_path / "shrunk", 10, 1)
    assert threads.fitting([tmp_path / "shrunk", tmp_path / "nothing"]).intra == 1
    push_weights(tmp_path / "large", 1, SMALL_BYTES * 2)
    assert threads.fitting([tmp_path / "shrunk", tmp_path / "large"]).intra == CORES


def test_every_backend_is_told_its_threads(tmp_path: Path) -> None:
    """A folder of versions, a models.config, one that is none; and what the user says."""
    push_weights(tmp_path / "m", 1, SMALL_BYTES * 2)
    large, small = SessionThreads(CORES, CORES).flags(), SessionThreads(1, CORES).flags()

    def flags(models: Path, options: LaunchOptions | None = None) -> list[str]:
        return launch._flags(models, options or LaunchOptions(), tmp_path, (1, 2), None)

    given = flags(tmp_path / "m")
    assert set(large) <= set(given)
    assert "--grpc_max_threads=64" in given
    config = tmp_path / FILE_NAME
    config.write_text(f'model_config_list {{ config {{ name: "m" base_path: "{tmp_path}/m" }} }}')
    assert set(large) <= set(flags(tmp_path))
    assert set(small) <= set(flags(tmp_path, LaunchOptions(operation_threads=1)))
    config.write_text("what is this")
    assert set(small) <= set(flags(tmp_path))


def test_the_embedded_server_fills_in_what_its_flags_leave_open() -> None:
    base = f"--model_base_path={os.sep}m"
    fitting = SessionThreads(1, 7)
    assert _Loader(parse([base]), fitting, Metrics())._session.intra_op_parallelism == 1
    assert _Loader(parse([base]), fitting, Metrics())._session.inter_op_parallelism == 7
    flags = parse([base, "--tensorflow_intra_op_parallelism=3"])
    assert _Loader(flags, fitting, Metrics())._session.intra_op_parallelism == 3
