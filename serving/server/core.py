"""The server without its doors: configuration in, versions out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
from tensorflow_serving.apis import model_pb2
from tensorflow_serving.config import model_server_config_pb2

from serving.server.labels import Labels
from serving.server.manager import Manager
from serving.server.servable import LoadedVersion
from serving.server.source import FileSystemSource, Monitored
from serving.server.status import StatusError, invalid

log = logging.getLogger(__name__)


def _check(config: model_server_config_pb2.ModelServerConfig) -> None:
    if config.WhichOneof("config") != "model_config_list":
        raise invalid(
            "ServerModelConfig type not supported by HandleReloadConfigRequest. "
            "Only ModelConfigList is currently supported"
        )
    names: set[str] = set()
    for model in config.model_config_list.config:
        if not model.name or not model.base_path:
            raise invalid(f"Expected model to have a name and a base_path: {model!s}")
        if model.name in names:
            raise invalid(f"Illegal to list model {model.name} multiple times in config list")
        if not Path(model.base_path).is_absolute():
            raise invalid(
                f"Expected model {model.name} to have an absolute path; got base_path()={model.base_path}"
            )
        if "\0" in model.base_path:
            raise invalid(f"no path holds a null byte: base_path {model.base_path!r} of model {model.name}")
        _check_platform(model)
        names.add(model.name)


def _check_platform(model: model_server_config_pb2.ModelConfig) -> None:
    """TensorFlow's, said in one of the two ways."""
    # Deprecated in favour of the platform, and still taken.
    by_type = model.model_type == model_server_config_pb2.TENSORFLOW
    if by_type and model.model_platform:
        raise invalid(
            "Illegal setting both ModelServerConfig::model_type (deprecated) and "
            "ModelServerConfig::model_platform."
        )
    if not by_type and not model.model_platform:
        raise invalid(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            "ModelServerConfig::model_platform."
        )
    if not by_type and model.model_platform != "tensorflow":
        raise invalid(f"model {model.name}: no platform {model.model_platform!r} here, only 'tensorflow'")


class ServerCore:
    """Models as the last accepted configuration names them."""

    def __init__(self, manager: Manager, source: FileSystemSource, labels: Labels) -> None:
        self.manager = manager
        self._source = source
        self._labels = labels
        self._lock = threading.Lock()
        self._names: set[str] = set()

    def reload(
        self,
        config: model_server_config_pb2.ModelServerConfig,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Serve what the configuration says; returns when each model that is new serves a version.

        Labels are applied before the loads, so that a label to a version of the same configuration refuses
        the whole of it. Reloads follow one another, as in TensorFlow Serving: while one waits for a model
        without a version, the next ones wait too, each as long as `wanted()`.

        Raises: StatusError FAILED_PRECONDITION (label), INVALID_ARGUMENT (configuration), UNKNOWN (no version
        of a new model loads), CANCELLED (no longer wanted).
        """
        _check(config)
        while not self._lock.acquire(timeout=0.1):
            if not wanted():
                raise StatusError(grpc.StatusCode.CANCELLED, "gave up waiting for the reload before")
        try:
            models = config.model_config_list
            self._labels.assign(models)
            fresh = {model.name for model in models.config} - self._names
            self._names = {model.name for model in models.config}
            self._source.monitor(
                {m.name: Monitored(Path(m.base_path), m.model_version_policy) for m in models.config}
            )
            self.manager.wait_until_available(fresh)
        finally:
            self._lock.release()

    @contextmanager
    def borrow(self, spec: model_pb2.ModelSpec) -> Iterator[LoadedVersion]:
        """The version that a request asks for.

        Raises: StatusError INVALID_ARGUMENT (no name, unknown label), NOT_FOUND.
        """
        if not spec.name:
            raise invalid("ModelSpec has no name specified.")
        choice = spec.WhichOneof("version_choice")
        version: int | None = None
        if choice == "version":
            version = spec.version.value
        elif choice == "version_label":
            version = self._labels.resolve(spec.name, spec.version_label)
        with self.manager.borrow(spec.name, version) as loaded_version:
            yield loaded_version

    def stop(self, timeout: float) -> bool:
        """Unload all models; True when their requests had left within `timeout` seconds."""
        self._source.stop()
        return self.manager.stop(timeout)
