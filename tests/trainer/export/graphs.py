"""What is in the graph of an export."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2


def operations(export: Path) -> set[str]:
    """The names of all operations, those of functions among them."""
    saved = saved_model_pb2.SavedModel()
    saved.ParseFromString((export / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0].graph_def
    used = {node.op for node in graph.node}
    for function in graph.library.function:
        used |= {node.op for node in function.node_def}
    return used - {function.signature.name for function in graph.library.function}


def operations_beyond_serving(export: Path) -> set[str]:
    """Those that a stock TensorFlow Serving lacks."""
    core = {name for name in dir(tf.raw_ops) if not name.startswith("_")}
    return {name for name in operations(export) - core if not name.startswith("Sentencepiece")}
