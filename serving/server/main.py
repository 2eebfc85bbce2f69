"""The server's life: load, open the doors, poll, drain on SIGTERM, leave with 0."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from concurrent import futures
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from serving import threads
from serving.backends import rest_host
from serving.server.batching import Batcher
from serving.server.core import ServerCore
from serving.server.health_service import HealthService
from serving.server.labels import Labels
from serving.server.manager import LoadOptions, Manager
from serving.server.metrics import Metrics
from serving.server.model_service import ModelService
from serving.server.options import FlagFileError, ServerOptions, parse, read_model_config
from serving.server.predict import SignatureRunner, run_alone
from serving.server.prediction_service import PredictionService
from serving.server.rest import RestInterface, RestServer
from serving.server.servable import LoadedVersion, SessionOptions
from serving.server.source import FileSystemSource
from serving.server.stack import service_name
from serving.server.status import StatusError
from serving.server.tls import TlsFile
from serving.server.warmup import warm_up
from serving.threads import SessionThreads

log = logging.getLogger("serving.server")

# TensorFlow Serving returns -1 from main when it cannot start.
EXIT_NOT_STARTED = 255


class _Loader:
    """Loads a version and warms it up."""

    def __init__(self, options: ServerOptions, fitting: SessionThreads, metrics: Metrics) -> None:
        """`fitting` is what counts where the flags leave it open."""
        self._session = SessionOptions(
            options.tensorflow_intra_op_parallelism or fitting.intra,
            options.tensorflow_inter_op_parallelism or fitting.inter,
        )
        self._warmup = options.enable_model_warmup
        self._metrics = metrics

    def __call__(self, name: str, version: int, path: Path) -> LoadedVersion:
        try:
            loaded_version = LoadedVersion(name, version, path, self._session)
            try:
                if self._warmup:
                    log.info("%s version %d: %d warm-up records", name, version, warm_up(loaded_version))
            except StatusError:
                loaded_version.close()
                raise
        except StatusError as error:
            self._metrics.load(str(path), error.code.name)
            raise
        self._metrics.load(str(path), "OK")
        return loaded_version


class Server:
    """Everything between the command line and the last request."""

    def __init__(self, options: ServerOptions) -> None:
        """Raises: FlagFileError."""
        self._options = options
        self._stopping = threading.Event()
        self._failed = False
        self._metrics = Metrics()
        self._config = options.model_config()
        self._metrics_path = options.metrics_path()
        batching = options.batching()
        self._batcher = Batcher(batching) if batching else None
        self._tls = TlsFile(options.ssl_config_file) if options.ssl_config_file else None
        served = self._config.model_config_list.config
        manager = Manager(
            _Loader(options, threads.fitting(Path(model.base_path) for model in served), self._metrics),
            LoadOptions(
                options.max_num_load_retries,
                options.load_retry_interval_micros / 1e6,
                options.num_load_threads,
            ),
            self._metrics.state,
        )
        source = FileSystemSource(manager.set_aspired, options.file_system_poll_wait_seconds)
        labels = Labels(manager.states, allow_unavailable=options.allow_version_labels_for_unavailable_models)
        self._core = ServerCore(manager, source, labels)
        self._grpc: grpc.Server | None = None
        self._rest: RestServer | None = None

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        # A thread of its own, because the first load may wait for ever, and a signal has to be heard.
        threading.Thread(target=self._start, name="start", daemon=True).start()
        parent = self._options.parent_pid
        while not self._stopping.wait(0.5):
            if parent and os.getppid() != parent:
                log.warning("the process that started this server has gone")
                break
        self._stopping.set()
        return self._drain()

    def _start(self) -> None:
        try:
            self._core.reload(self._config)
            if self._stopping.is_set():
                return
            self._open()
        except Exception as error:
            if not self._stopping.is_set():
                log.error("cannot start: %s", str(error) or repr(error))
                self._failed = True
                self._stopping.set()
            return
        log.info("serving on %s", self._describe_doors())
        self._poll_config()

    def _describe_doors(self) -> str:
        doors = [f"gRPC {self._options.host}:{self._options.port}"] if self._grpc else []
        doors += [f"HTTP {rest_host(self._options.host, self._tls)}:{self._rest.port}"] if self._rest else []
        return ", ".join(doors)

    def _open(self) -> None:
        """Open the ports: first now, with every model loaded.

        Raises: OSError or RuntimeError when a port is taken.
        """
        options = self._options
        runner: SignatureRunner = self._batcher or run_alone
        if options.rest_api_port:
            interface = RestInterface(
                self._core, runner, self._metrics, options.rest_api_timeout_in_ms / 1000, self._stopping
            )
            app = interface.application(self._metrics_path)
            # TensorFlow Serving's HTTP has no TLS: where it is wanted, this is for probes of this machine.
            self._rest = RestServer(app, rest_host(options.host, self._tls), options.rest_api_port)
        if options.port:
            self._grpc = self._build_grpc(runner)
            self._grpc.start()
        if self._rest:
            self._rest.start()

    def _build_grpc(self, runner: SignatureRunner) -> grpc.Server:
        options = self._options
        server = grpc.server(
            futures.ThreadPoolExecutor(options.grpc_max_threads, thread_name_prefix="grpc"),
            options=[
                # With it two servers could share a port without noticing.
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", -1),
                ("grpc.max_send_message_length", -1),
                *options.channel_arguments(),
            ],
            maximum_concurrent_rpcs=options.grpc_max_threads,
        )
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            PredictionService(self._core, runner, self._metrics), server
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(self._core), server)
        names = [
            service_name("prediction_service_pb2", "PredictionService"),
            service_name("model_service_pb2", "ModelService"),
            health.SERVICE_NAME,
        ]
        reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], server)
        health_pb2_grpc.add_HealthServicer_to_server(HealthService(["", *names]), server)
        host = f"[{options.host}]" if ":" in options.host else options.host
        self._add_port(server, f"{host}:{options.port}")
        return server

    def _add_port(self, server: grpc.Server, place: str) -> None:
        if self._tls is None:
            server.add_insecure_port(place)
            return
        try:
            server.add_secure_port(place, self._tls.credentials())
        except RuntimeError as error:
            raise FlagFileError(
                f"cannot listen on {place} with TLS: another has the port, or there is no certificate with "
                f"its key in {self._options.ssl_config_file}; gRPC's lines before say which"
            ) from error

    def _poll_config(self) -> None:
        """Re-read models.config; one that cannot be used changes nothing and is tried again."""
        file, pause = self._options.model_config_file, self._options.model_config_file_poll_wait_seconds
        if file is None or pause <= 0:
            return
        complaint = ""
        while not self._stopping.wait(pause):
            reason = ""
            try:
                self._core.reload(read_model_config(file))
            except (FlagFileError, StatusError) as error:
                reason = str(error)
            except Exception as error:  # Whatever it was, the next file may be a good one.
                reason = repr(error)
            if reason and reason != complaint and not self._stopping.is_set():
                log.error("keeping the configuration before: %s", reason)
            complaint = reason

    def _drain(self) -> int:
        """Finish what runs and what is queued, free everything; in one common time."""
        log.info("shutting down")
        end = time.monotonic() + self._options.drain_seconds
        closing = self._grpc.stop(self._options.drain_seconds) if self._grpc else None
        if self._batcher:
            self._batcher.stop(self._options.drain_seconds)
        if self._rest:
            self._rest.stop(max(0.0, end - time.monotonic()))
        if closing:
            closing.wait()
        if not self._core.stop(max(0.0, end - time.monotonic())):
            log.warning("requests were still running after %.0f s", self._options.drain_seconds)
        return EXIT_NOT_STARTED if self._failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit code: 0 after a signal, 255 when nothing could be served."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        server = Server(options)
    except FlagFileError as error:
        log.error("%s", error)
        return EXIT_NOT_STARTED
    return server.run()
