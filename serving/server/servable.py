"""One loaded version of a model: a SavedModel in a session, restored as the C++ loader restores it.

The steps are those of `LoadSavedModel` in tensorflow/cc/saved_model/loader.cc: import the graph, run the
restore operation of the saver, run the initialisation operation. `tf.saved_model.load` takes another way and
hides models that TensorFlow Serving cannot run.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2, saved_model_pb2

from serving.server.status import StatusError, from_exception

SERVE_TAG = "serve"
_INIT_OP = "__saved_model_init_op"


@functools.cache
def _register_sentencepiece() -> None:
    """Make TF-Text's SentencePiece operations known: all that the stock server knows beyond TensorFlow's own.

    Importing tensorflow_text would register more than that, and import Keras.
    """
    package = importlib.util.find_spec("tensorflow_text")
    assert package is not None
    assert package.origin is not None
    tf.load_op_library(str(Path(package.origin).parent / "python" / "ops" / "_sentencepiece_tokenizer.so"))


@dataclass(frozen=True)
class SessionOptions:
    """Threads of a session; 0 lets the runtime choose."""

    intra_op_parallelism: int = 0
    inter_op_parallelism: int = 0

    def to_proto(self) -> config_pb2.ConfigProto:
        return tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=self.intra_op_parallelism,
            inter_op_parallelism_threads=self.inter_op_parallelism,
        )


def _read_meta_graph(path: Path) -> meta_graph_pb2.MetaGraphDef:
    file = path / "saved_model.pb"
    if not file.exists():
        raise StatusError(
            grpc.StatusCode.NOT_FOUND,
            f"Could not find SavedModel .pb or .pbtxt at supplied export directory path: {path}",
        )
    saved_model = saved_model_pb2.SavedModel()
    try:
        saved_model.ParseFromString(file.read_bytes())
    except DecodeError as error:
        raise StatusError(grpc.StatusCode.DATA_LOSS, f"Can't parse {file} as binary proto") from error
    for meta_graph in saved_model.meta_graphs:
        if set(meta_graph.meta_info_def.tags) == {SERVE_TAG}:
            return meta_graph
    raise StatusError(
        grpc.StatusCode.NOT_FOUND,
        f"Could not find meta graph def matching supplied tags: {{ {SERVE_TAG} }} in {path}",
    )


def _init_operation(meta_graph: meta_graph_pb2.MetaGraphDef) -> str | None:
    """The operation to run once after the restore; TensorFlow 2 names it in a signature of its own."""
    if _INIT_OP in meta_graph.signature_def:
        return str(meta_graph.signature_def[_INIT_OP].outputs[_INIT_OP].name)
    for collection in ("saved_model_main_op", "legacy_init_op"):
        names = meta_graph.collection_def[collection].node_list.value
        if names:
            return str(names[0])
    return None


def _initialize(session: tf.compat.v1.Session, meta_graph: meta_graph_pb2.MetaGraphDef, path: Path) -> None:
    feeds = {
        asset.tensor_info.name: str(path / "assets" / asset.filename) for asset in meta_graph.asset_file_def
    }
    # As in C++: no variables, no restore; a graph that needs them fails at the first request.
    if meta_graph.HasField("saver_def") and (path / "variables" / "variables.index").exists():
        saver = meta_graph.saver_def
        variables = str(path / "variables" / "variables")
        session.run(saver.restore_op_name, {**feeds, saver.filename_tensor_name: variables})
    init = _init_operation(meta_graph)
    if init is not None:
        session.run(session.graph.get_operation_by_name(init.split(":")[0]), feeds)


class LoadedVersion:
    """A version that can answer. Thread-safe but for `close`, which is called when no user is left."""

    def __init__(self, name: str, version: int, path: Path, options: SessionOptions) -> None:
        """Load.

        Raises: StatusError with the code that TensorFlow Serving reports: 5 no SavedModel, 15 not a
        SavedModel, 11 variables cut short, or the runtime's.
        """
        self.name = name
        self.version = version
        self.path = path
        _register_sentencepiece()
        meta_graph = _read_meta_graph(path)
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph, config=options.to_proto())
        try:
            with graph.as_default():
                tf.import_graph_def(
                    meta_graph.graph_def, name="", producer_op_list=meta_graph.meta_info_def.stripped_op_list
                )
                _initialize(self._session, meta_graph, path)
            graph.finalize()
        except Exception as error:
            self.close()
            raise from_exception(error) from error
        self.signatures: Mapping[str, meta_graph_pb2.SignatureDef] = {
            key: signature for key, signature in meta_graph.signature_def.items() if key != _INIT_OP
        }

    def run(
        self, feeds: Mapping[str, np.ndarray], fetches: Sequence[str], timeout: float | None = None
    ) -> list[np.ndarray]:
        """The values of the tensors `fetches`, given those of `feeds`; `timeout` in seconds.

        Raises: StatusError, DEADLINE_EXCEEDED when the time was up first.
        """
        options = None
        if timeout is not None:
            options = tf.compat.v1.RunOptions(timeout_in_ms=max(1, int(timeout * 1000)))
        try:
            return self._session.run(list(fetches), dict(feeds), options=options)
        except Exception as error:
            raise from_exception(error) from error

    def close(self) -> None:
        """Free the session, its variables and its graph."""
        self._session.close()
        del self._session
        gc.collect()  # graphs hold cycles
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:  # glibc would keep the memory of the weights for later
            trim(0)
