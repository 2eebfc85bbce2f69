"""Version labels: names such as `stable` that requests use in place of a version number."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import grpc
from tensorflow_serving.config import model_server_config_pb2

from serving.server.manager import State, VersionState
from serving.server.status import StatusError, invalid


class Labels:
    """The labels of all models, replaced as a whole or not at all."""

    def __init__(
        self, states: Callable[[str], Mapping[int, VersionState]], *, allow_unavailable: bool = False
    ) -> None:
        """`states` gives a model's versions; `allow_unavailable` lets a label that does not yet point
        elsewhere be assigned to a version that is not available."""
        self._states = states
        self._allow_unavailable = allow_unavailable
        self._lock = threading.Lock()
        self._versions: dict[str, dict[str, int]] = {}

    def resolve(self, name: str, label: str) -> int:
        """The version that the label of the model points to.

        Raises: StatusError INVALID_ARGUMENT for an unknown label.
        """
        with self._lock:
            version = self._versions.get(name, {}).get(label)
        if version is None:
            raise invalid(f"Unrecognized servable version label: {label}")
        return version

    def assign(self, config: model_server_config_pb2.ModelConfigList) -> None:
        """Point the labels to where the configuration says.

        Raises: StatusError FAILED_PRECONDITION, and no label moves, when one would point to a version that is
        not available.
        """
        fresh: dict[str, dict[str, int]] = {}
        with self._lock:
            for model in config.config:
                states = self._states(model.name) if model.version_labels else {}
                for label, version in model.version_labels.items():
                    self._check(model.name, label, version, states)
                    fresh.setdefault(model.name, {})[label] = version
            self._versions = fresh

    def _check(self, name: str, label: str, version: int, states: Mapping[int, VersionState]) -> None:
        if version in states and states[version].state == State.AVAILABLE:
            return
        if self._allow_unavailable and self._versions.get(name, {}).get(label, version) == version:
            return
        raise StatusError(
            grpc.StatusCode.FAILED_PRECONDITION,
            f"Request to assign label to version {version} of model {name}, "
            "which is not currently available for inference",
        )
