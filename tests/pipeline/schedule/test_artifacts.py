"""Pruning keeps the disk and ML Metadata in step."""

from __future__ import annotations

import os
from pathlib import Path

from ml_metadata.proto import metadata_store_pb2

from pipeline.schedule.artifacts import Pruned, prune
from pipeline.workspace.metadata import open_store
from pipeline.workspace.workspace import Workspace
from tests.pipeline.runs.test_runner import diary, run


def test_old_runs_go_and_what_the_newest_takes_from_the_cache_stays(tmp_path: Path) -> None:
    root = tmp_path / "run"
    workspace = Workspace(root)
    assert prune(workspace, 1).folders == ()
    first, second = run(root, number="1"), run(root, number="2")
    third = run(root, number="2", failure="none")  # its Make is cached
    planned = prune(workspace, 1, dry_run=True)
    gone = {
        first["Make"].outputs["made"],
        first["Double"].outputs["doubled"],
        second["Double"].outputs["doubled"],
    }
    assert set(planned.folders) == gone
    assert planned.size > 0
    assert all(folder.is_dir() for folder in gone)
    left = workspace.artifacts / ".pruned-killed"
    left.mkdir()
    assert prune(workspace, 1) == planned
    assert not left.exists()
    assert not any(folder.exists() for folder in gone)
    assert (third["Make"].outputs["made"] / "number").read_text() == "2"
    states = {Path(artifact.uri): artifact.state for artifact in open_store(workspace).get_artifacts()}
    assert {uri for uri, state in states.items() if state == metadata_store_pb2.Artifact.DELETED} == gone
    # What was removed is made again; what was kept is not.
    done = diary(root)
    again = run(root, number="1")
    assert (again["Double"].outputs["doubled"] / "number").read_text() == "2"
    assert diary(root) == [*done, "make", "double"]


def test_what_a_killed_run_left_for_others_goes_with_the_runs_that_could_use_it(tmp_path: Path) -> None:
    root = tmp_path / "run"
    workspace = Workspace(root)
    run(root, number="1")
    old, new = (workspace.work / name / "key" for name in ("Old", "New"))
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "00000.gz").write_bytes(bytes(10))
    for path in (old / "00000.gz", old, old.parent):
        os.utime(path, (1, 1))
    assert prune(workspace, 1, dry_run=True).folders == (old.parent,)
    assert prune(workspace, 1) == Pruned((old.parent,), 10)
    assert list(workspace.work.iterdir()) == [new.parent]
