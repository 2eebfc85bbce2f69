"""What a killed run leaves behind, cleared away before the next one.

A kill -9 leaves executions RUNNING in ML Metadata and their half-written outputs on disk. TFX never takes
such outputs for results (only COMPLETE executions feed its cache), but they would lie there for ever, and the
metadata would show components that run for months. Whoever holds the workspace's lock knows that nothing else
is running.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import ml_metadata
from ml_metadata.proto import metadata_store_pb2

from pipeline.workspace import Workspace

_UNFINISHED = (metadata_store_pb2.Execution.NEW, metadata_store_pb2.Execution.RUNNING)


def open_store(workspace: Workspace) -> ml_metadata.MetadataStore:
    """The workspace's metadata store, made when it is not there."""
    connection = metadata_store_pb2.ConnectionConfig()
    connection.sqlite.filename_uri = str(workspace.metadata)
    connection.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    return ml_metadata.MetadataStore(connection)


def settle(workspace: Workspace) -> int:
    """Mark unfinished executions as failed and remove what they had written; returns how many there were.

    Call it only while holding the workspace's lock.
    """
    if not workspace.metadata.exists():
        return 0
    store = open_store(workspace)
    unfinished = [one for one in store.get_executions() if one.last_known_state in _UNFINISHED]
    for execution in unfinished:
        for folder in _folders(workspace.artifacts, execution.id):
            shutil.rmtree(folder, ignore_errors=True)
        execution.last_known_state = metadata_store_pb2.Execution.FAILED
    if unfinished:
        # After the folders: killed in between, the next run does it again.
        store.put_executions(unfinished)
    return len(unfinished)


def _folders(artifacts: Path, execution: int) -> list[Path]:
    """COMPONENT/OUTPUT/EXECUTION and COMPONENT/.system/KIND/EXECUTION."""
    return [*artifacts.glob(f"*/*/{execution}"), *artifacts.glob(f"*/.system/*/{execution}")]
