"""What a killed run leaves behind, and what somebody has deleted, cleared away before the next run.

A kill -9 leaves executions RUNNING in ML Metadata and their half-written outputs on disk. TFX never takes
such outputs for results (only COMPLETE executions feed its cache), but they would lie there for ever, and the
metadata would show components that run for months. Whoever holds the workspace's lock knows that nothing else
is running.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ml_metadata.proto import metadata_store_pb2

from pipeline.workspace.metadata import exists, open_store
from pipeline.workspace.workspace import Workspace

_LIVE = metadata_store_pb2.Artifact.LIVE
_UNFINISHED = (metadata_store_pb2.Execution.NEW, metadata_store_pb2.Execution.RUNNING)


def settle(workspace: Workspace) -> int:
    """Mark unfinished executions as failed and remove what they had written; returns how many there were.

    Call it only while holding the workspace's lock.
    """
    if not exists(workspace):
        return 0
    store = open_store(workspace)
    unfinished = [
        execution for execution in store.get_executions() if execution.last_known_state in _UNFINISHED
    ]
    for execution in unfinished:
        for folder in _folders(workspace.artifacts, execution.id):
            shutil.rmtree(folder, ignore_errors=True)
        execution.last_known_state = metadata_store_pb2.Execution.FAILED
    if unfinished:
        # After the folders: killed in between, the next run does it again.
        store.put_executions(unfinished)
    return len(unfinished)


def forget_deleted(workspace: Workspace) -> int:
    """Mark as deleted what ML Metadata takes for live and is gone: folders of the workspace, and versions
    that were pushed and retired since. The next run makes again what it needs of them; returns how many.

    Call it only while holding the workspace's lock.
    """
    if not exists(workspace):
        return 0
    store = open_store(workspace)
    gone = [
        artifact
        for artifact in store.get_artifacts()
        if artifact.state == _LIVE and _is_gone(artifact, workspace.artifacts)
    ]
    for artifact in gone:
        artifact.state = metadata_store_pb2.Artifact.DELETED
    if gone:
        store.put_artifacts(gone)
    return len(gone)


def _is_gone(artifact: metadata_store_pb2.Artifact, artifacts: Path) -> bool:
    if "pushed_destination" in artifact.custom_properties:
        version = Path(artifact.custom_properties["pushed_destination"].string_value)
        if not version.is_dir():
            return True
    folder = Path(artifact.uri)
    return folder.is_relative_to(artifacts) and not folder.exists()


def _folders(artifacts: Path, execution: int) -> list[Path]:
    """COMPONENT/OUTPUT/EXECUTION and COMPONENT/.system/KIND/EXECUTION."""
    return [*artifacts.glob(f"*/*/{execution}"), *artifacts.glob(f"*/.system/*/{execution}")]
