"""What the runner is doing, told to an observer.

LocalDagRunner has no hooks, and listening to its log does not do: saving a SavedModel raises the level of
absl's logger for good. It makes one Launcher for each node, so that is what is watched.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.orchestration.portable import data_types, launcher
from tfx.proto.orchestration import pipeline_pb2

from pipeline.workspace import lease
from pipeline.workspace.progress import Observer, observers


class WatchedLauncher(launcher.Launcher):
    """TFX's, which tells the observers before and after."""

    def __init__(
        self, pipeline_node: pipeline_pb2.PipelineNode, mlmd_connection: metadata.Metadata, **others: Any
    ) -> None:
        super().__init__(pipeline_node=pipeline_node, mlmd_connection=mlmd_connection, **others)
        self._component, self._connection = pipeline_node.node_info.id, mlmd_connection

    def launch(self) -> data_types.ExecutionInfo | None:
        """Run the node, or take its results from the cache."""
        lease.require()
        began = time.monotonic()
        for observer in observers:
            observer.started(self._component)
        try:
            execution: data_types.ExecutionInfo | None = super().launch()
            cached = execution is not None and _is_cached(self._connection, execution.execution_id)
        except BaseException:
            for observer in observers:
                observer.failed(self._component, time.monotonic() - began)
            raise
        for observer in observers:
            observer.finished(self._component, time.monotonic() - began, cached)
        return execution

    def _publish_successful_execution(self, *arguments: Any, **others: Any) -> None:
        """A run that was passed over publishes nothing: its outputs have been cleared away by now."""
        lease.require()
        super()._publish_successful_execution(*arguments, **others)


@contextlib.contextmanager
def watching(observer: Observer) -> Iterator[None]:
    """Tell the observer what the runner does inside the block."""
    original = launcher.Launcher
    launcher.Launcher = WatchedLauncher
    observers.append(observer)
    try:
        yield
    finally:
        observers.remove(observer)
        launcher.Launcher = original


def _is_cached(connection: metadata.Metadata, execution: int | None) -> bool:
    if execution is None:
        return False
    with connection as handle:
        [record] = handle.store.get_executions_by_id([execution])
    return bool(record.last_known_state == metadata_store_pb2.Execution.CACHED)
