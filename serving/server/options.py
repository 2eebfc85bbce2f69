"""The command line of the embedded server: TensorFlow Serving's flags, and three of its own."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, text_format, wrappers_pb2
from google.protobuf.message import Message
from tensorflow_serving.config import model_server_config_pb2

from serving.certificate import Pem
from serving.server.batching import BatchingOptions
from serving.server.stack import message_class

_Field = descriptor_pb2.FieldDescriptorProto
_INT64 = ".google.protobuf.Int64Value"


def _message_class(name: str, fields: Sequence[tuple[str, int, int, str]], parts: Sequence[Any] = ()) -> Any:
    """A message that tensorflow-serving-api does not ship; a field is (name, number, type, class)."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"dragoman/{name}.proto", package="dragoman.serving", syntax="proto3"
    )
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    message = file.message_type.add(name=name)
    message.nested_type.extend(parts)
    for field, number, kind, type_name in fields:
        repeated = field == "allowed_batch_sizes"
        label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
        message.field.add(name=field, number=number, type=kind, type_name=type_name or None, label=label)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_class(pool, pool.FindMessageTypeByName(f"dragoman.serving.{name}"))


# tensorflow_serving/servables/tensorflow/session_bundle_config.proto
_BatchingParameters = _message_class(
    "BatchingParameters",
    [
        ("max_batch_size", 1, _Field.TYPE_MESSAGE, _INT64),
        ("batch_timeout_micros", 2, _Field.TYPE_MESSAGE, _INT64),
        ("max_enqueued_batches", 3, _Field.TYPE_MESSAGE, _INT64),
        ("num_batch_threads", 4, _Field.TYPE_MESSAGE, _INT64),
        ("allowed_batch_sizes", 6, _Field.TYPE_INT64, ""),
    ],
)
# tensorflow_serving/config/monitoring_config.proto
_PROMETHEUS = descriptor_pb2.DescriptorProto(name="PrometheusConfig")
_PROMETHEUS.field.add(name="enable", number=1, type=_Field.TYPE_BOOL, label=_Field.LABEL_OPTIONAL)
_PROMETHEUS.field.add(name="path", number=2, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL)
_MonitoringConfig = _message_class(
    "MonitoringConfig",
    [("prometheus_config", 1, _Field.TYPE_MESSAGE, ".dragoman.serving.MonitoringConfig.PrometheusConfig")],
    [_PROMETHEUS],
)
# tensorflow_serving/config/ssl_config.proto
_SslConfig = _message_class(
    "SSLConfig",
    [
        ("server_key", 1, _Field.TYPE_STRING, ""),
        ("server_cert", 2, _Field.TYPE_STRING, ""),
        ("custom_ca", 3, _Field.TYPE_STRING, ""),
        ("client_verify", 4, _Field.TYPE_BOOL, ""),
    ],
)
METRICS_PATH = "/monitoring/prometheus/metrics"


class FlagFileError(Exception):
    """A file named on the command line cannot be used."""


def read_text_proto(path: Path, message: Message, *, secret: bool = False) -> None:
    """Fill `message` from a file in protobuf's text format; of a `secret` one no error quotes a line.

    Raises: FlagFileError when the file is missing or is no such message.
    """
    try:
        text_format.Parse(path.read_text("utf-8"), message)
    except OSError as error:
        raise FlagFileError(f"cannot read {path}: {error.strerror}") from error
    except (text_format.ParseError, UnicodeDecodeError) as error:
        if secret:
            line = error.GetLine() if isinstance(error, text_format.ParseError) else None
            place = "it is not UTF-8" if line is None else f"line {line}"
            raise FlagFileError(f"Invalid protobuf file: '{path}': {place}") from None
        raise FlagFileError(f"Invalid protobuf file: '{path}': {error}") from error
    except RecursionError as error:
        raise FlagFileError(f"Invalid protobuf file: '{path}': messages nested too deep") from error


def read_model_config(path: Path) -> model_server_config_pb2.ModelServerConfig:
    """Raises: FlagFileError."""
    config = model_server_config_pb2.ModelServerConfig()
    read_text_proto(path, config)
    return config


def read_ssl_config(path: Path) -> tuple[Pem, bool]:
    """What the gRPC port shows and whom it believes, and whether it answers nobody else.

    Raises: FlagFileError.
    """
    proto = _SslConfig()
    read_text_proto(path, proto, secret=True)
    if not (proto.server_key and proto.server_cert):
        raise FlagFileError(f"{path}: give server_key and server_cert, the texts of both in PEM")
    if proto.client_verify and not proto.custom_ca:
        raise FlagFileError(f"{path}: with client_verify give custom_ca, clients' authority in PEM")
    ca = proto.custom_ca.encode() or None
    return (proto.server_key.encode(), proto.server_cert.encode(), ca), proto.client_verify


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "1", "t"):
        return True
    if text.lower() in ("false", "0", "f"):
        return False
    raise argparse.ArgumentTypeError(f"true or false, not {text!r}")


@dataclass(frozen=True)
class ServerOptions:
    """The flags; defaults are TensorFlow Serving's where it has the flag."""

    host: str
    port: int
    rest_api_port: int
    rest_api_timeout_in_ms: int
    model_name: str
    model_base_path: Path | None
    model_config_file: Path | None
    model_config_file_poll_wait_seconds: float
    file_system_poll_wait_seconds: float
    max_num_load_retries: int
    load_retry_interval_micros: int
    num_load_threads: int
    enable_model_warmup: bool
    allow_version_labels_for_unavailable_models: bool
    enable_batching: bool
    batching_parameters_file: Path | None
    monitoring_config_file: Path | None
    ssl_config_file: Path | None
    grpc_max_threads: int
    grpc_channel_arguments: str
    tensorflow_intra_op_parallelism: int
    tensorflow_inter_op_parallelism: int
    drain_seconds: float
    parent_pid: int

    def model_config(self) -> model_server_config_pb2.ModelServerConfig:
        """The models to serve at the start.

        Raises: FlagFileError.
        """
        if self.model_config_file is not None:
            return read_model_config(self.model_config_file)
        config = model_server_config_pb2.ModelServerConfig()
        base_path = str(Path(self.model_base_path or "").absolute())
        config.model_config_list.config.add(
            name=self.model_name, base_path=base_path, model_platform="tensorflow"
        )
        return config

    def batching(self) -> BatchingOptions | None:
        """How requests are batched, if they are.

        Raises: FlagFileError.
        """
        if not self.enable_batching:
            return None
        proto = _BatchingParameters()
        if self.batching_parameters_file is not None:
            read_text_proto(self.batching_parameters_file, proto)
        given: dict[str, Any] = {
            name: getattr(proto, name).value
            for name in ("max_batch_size", "max_enqueued_batches")
            if proto.HasField(name)
        }
        if proto.HasField("batch_timeout_micros"):
            given["batch_timeout_seconds"] = proto.batch_timeout_micros.value / 1e6
        threads = (
            proto.num_batch_threads.value if proto.HasField("num_batch_threads") else os.cpu_count() or 1
        )
        try:
            return BatchingOptions(
                num_batch_threads=threads, allowed_batch_sizes=tuple(proto.allowed_batch_sizes), **given
            )
        except ValueError as error:
            raise FlagFileError(f"{self.batching_parameters_file}: {error}") from error

    def metrics_path(self) -> str | None:
        """Where the Prometheus page is, if it is anywhere.

        Raises: FlagFileError.
        """
        if self.monitoring_config_file is None:
            return None
        proto = _MonitoringConfig()
        read_text_proto(self.monitoring_config_file, proto)
        return (proto.prometheus_config.path or METRICS_PATH) if proto.prometheus_config.enable else None

    def channel_arguments(self) -> list[tuple[str, int | str]]:
        """`name=value,name=value` as gRPC takes it: a value that reads as a number is one."""
        pairs = [pair.partition("=") for pair in self.grpc_channel_arguments.split(",") if pair]
        return [(name, int(value) if value.lstrip("-").isdecimal() else value) for name, _, value in pairs]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.server",
        description="A model server with TensorFlow Serving's interfaces, for development and tests. Flags "
        "that TensorFlow Serving has too carry its names and meanings.",
        epilog="Example: python -m serving.server --port=8500 --rest_api_port=8501 "
        "--model_config_file=models/models.config --model_config_file_poll_wait_seconds=1",
        allow_abbrev=False,
    )
    add = parser.add_argument
    switch: dict[str, Any] = {"type": _boolean, "nargs": "?", "const": True}
    add("--host", default="127.0.0.1", help="address to listen on (own flag; default: this machine only)")
    add("--port", type=int, default=8500, help="gRPC port; 0: no gRPC")
    add("--rest_api_port", type=int, default=0, help="HTTP port; 0: no HTTP")
    add("--rest_api_timeout_in_ms", type=int, default=30000, help="longest HTTP request")
    add("--model_name", default="default", help="name of the model under --model_base_path")
    add("--model_base_path", type=Path, help="folder with the numbered versions of one model")
    add("--model_config_file", type=Path, help="several models: a ModelServerConfig in text format")
    add("--model_config_file_poll_wait_seconds", type=float, default=0, help="re-read it so often; 0: once")
    add("--file_system_poll_wait_seconds", type=float, default=1, help="look for versions so often; 0: once")
    add("--max_num_load_retries", type=int, default=5, help="after a failed load")
    add("--load_retry_interval_micros", type=int, default=60_000_000, help="between two attempts to load")
    add("--num_load_threads", type=int, default=2, help="versions loaded at the same time")
    add("--enable_model_warmup", default=True, help="answer recorded requests before serving", **switch)
    add(
        "--allow_version_labels_for_unavailable_models",
        default=False,
        help="let a label that does not yet point elsewhere be assigned before its version is loaded",
        **switch,
    )
    add("--enable_batching", default=False, help="run concurrent requests together", **switch)
    add("--batching_parameters_file", type=Path, help="BatchingParameters in text format")
    add("--monitoring_config_file", type=Path, help="MonitoringConfig in text format: switches metrics on")
    add("--ssl_config_file", type=Path, help="SSLConfig in text format: TLS on the gRPC port, re-read")
    add("--grpc_max_threads", type=int, default=max(64, 4 * (os.cpu_count() or 1)), help="concurrent calls")
    add("--grpc_channel_arguments", default="", help="name=value,… for the gRPC server")
    add(
        "--tensorflow_intra_op_parallelism",
        type=int,
        default=0,
        help="threads that share an operation; 0: by the models' size",
    )
    add(
        "--tensorflow_inter_op_parallelism",
        type=int,
        default=0,
        help="operations at a time; 0: as many as cores",
    )
    add("--drain_seconds", type=float, default=30, help="finish running requests on SIGTERM (own flag)")
    add("--parent_pid", type=int, default=0, help="leave when this process has gone (own flag)")
    return parser


def parse(arguments: Sequence[str]) -> ServerOptions:
    """Read the command line; leaves with code 2 and a line on standard error when it is wrong."""
    parser = _parser()
    values = parser.parse_args(arguments)
    if (values.model_base_path is None) == (values.model_config_file is None):
        parser.error("give either --model_base_path or --model_config_file")
    if not values.port and not values.rest_api_port:
        parser.error("with both --port=0 and --rest_api_port=0 nobody could ask anything")
    return ServerOptions(**vars(values))
