"""Artifacts of old runs: removed from the disk, and told so to ML Metadata.

A folder is first renamed, so that no half of it is ever taken for a result; then its artifact is marked as
deleted, and then the bytes go. Killed in between, the next pruning removes the bytes, and the next run or
pruning marks the artifact (`pipeline.workspace.recovery`).
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import ml_metadata
from ml_metadata.proto import metadata_store_pb2

from pipeline.workspace.metadata import exists, open_store
from pipeline.workspace.recovery import forget_deleted
from pipeline.workspace.workspace import Workspace

_PRUNED = ".pruned-"


@dataclass(frozen=True)
class Pruned:
    """The folders that were removed, or would be, and their size in bytes (hard links counted in each)."""

    folders: tuple[Path, ...]
    size: int


def prune(workspace: Workspace, keep_runs: int, dry_run: bool = False) -> Pruned:
    """Remove the artifacts that none of the newest runs made or used, cached ones included, and what killed
    runs before them have left for others to go on from; only what lies in the workspace. Call it only while
    holding the workspace, unless `dry_run`.
    """
    if not exists(workspace):
        return Pruned((), 0)
    store = open_store(workspace)
    needed = _needed(store, keep_runs)
    doomed = [
        (artifact, Path(artifact.uri))
        for artifact in store.get_artifacts()
        if artifact.id not in needed and Path(artifact.uri).is_relative_to(workspace.artifacts)
    ]
    doomed = [(artifact, folder) for artifact, folder in doomed if folder.is_dir()]
    abandoned = _abandoned(workspace, store, keep_runs)
    folders = (*(folder for _, folder in doomed), *abandoned)
    size = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
    if not dry_run:
        forget_deleted(workspace)
        for artifact, folder in doomed:
            folder.rename(workspace.artifacts / f"{_PRUNED}{uuid.uuid4().hex}")
            artifact.state = metadata_store_pb2.Artifact.DELETED
        if doomed:
            store.put_artifacts([artifact for artifact, _ in doomed])
        for left in (*workspace.artifacts.glob(f"{_PRUNED}*"), *abandoned):
            shutil.rmtree(left)
    return Pruned(folders, size)


def _newest(store: ml_metadata.MetadataStore, keep_runs: int) -> list[metadata_store_pb2.Context]:
    return sorted(store.get_contexts_by_type("pipeline_run"), key=lambda context: -context.id)[:keep_runs]


def _abandoned(workspace: Workspace, store: ml_metadata.MetadataStore, keep_runs: int) -> list[Path]:
    """What was last written to before the newest runs began (see `Workspace.work`)."""
    began = min((run.create_time_since_epoch for run in _newest(store, keep_runs)), default=0)
    return [
        folder
        for folder in sorted(workspace.work.glob("*"))
        if max(path.stat().st_mtime for path in (folder, *folder.rglob("*"))) * 1000 < began
    ]


def _needed(store: ml_metadata.MetadataStore, keep_runs: int) -> set[int]:
    """Ids of all that the newest runs read or made."""
    executions = [
        execution.id
        for run in _newest(store, keep_runs)
        for execution in store.get_executions_by_context(run.id)
    ]
    return (
        {event.artifact_id for event in store.get_events_by_execution_ids(executions)}
        if executions
        else set()
    )
