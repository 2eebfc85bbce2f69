"""What an `Examples` artifact says of itself."""

from __future__ import annotations

from collections.abc import Iterable

from tfx import types
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils


def describe_examples(artifact: types.Artifact, splits: Iterable[str]) -> None:
    """As all of ours are: tf.Example in gzip TFRecord files, in these splits (`contracts.examples`)."""
    artifact.split_names = artifact_utils.encode_split_names(list(splits))
    examples_utils.set_payload_format(artifact, example_gen_pb2.FORMAT_TF_EXAMPLE)
    examples_utils.set_file_format(artifact, "tfrecords_gzip")
