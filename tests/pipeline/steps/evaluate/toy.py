"""A SavedModel with the contract's signatures that answers from a table, and TFX artifacts around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import tensorflow as tf
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_artifacts


class ToyTranslator(tf.Module):
    """Answers a source with its entry in the table, anything else with itself."""

    def __init__(self, table: Mapping[str, str]) -> None:
        super().__init__()
        keys, values = tf.constant(list(table), tf.string), tf.constant(list(table.values()), tf.string)
        self.known = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(keys, values), "\x00unknown"
        )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "source")])
    def translate(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        entries = self.known.lookup(source)
        translation = tf.where(entries == "\x00unknown", source, entries)
        return {
            "translation": translation,
            "score": tf.zeros(tf.shape(source)),
            "truncated": tf.zeros(tf.shape(source), tf.bool),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
    def translate_examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        spec = {"source": tf.io.FixedLenFeature([], tf.string, default_value="")}
        return self.translate(tf.io.parse_example(examples, spec)["source"])

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "source")])
    def explain(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = self.translate(source)
        source_pieces = tf.strings.split(source).to_tensor("")
        target_pieces = tf.strings.split(outputs["translation"]).to_tensor("")
        sizes = tf.stack([tf.shape(source)[0], tf.shape(target_pieces)[1], tf.shape(source_pieces)[1]])
        attention = tf.nn.softmax(
            -tf.abs(tf.cast(tf.range(sizes[2])[None, :] - tf.range(sizes[1])[:, None], tf.float32)), axis=-1
        )
        return {
            "source_pieces": source_pieces,
            "target_pieces": target_pieces,
            "attention": tf.broadcast_to(attention[None], sizes),
            "translation": outputs["translation"],
            "score": outputs["score"],
        }


class DirectedToy(ToyTranslator):
    """The same of several directions, into the languages given."""

    def __init__(self, table: Mapping[str, str], targets: Sequence[str]) -> None:
        super().__init__(table)
        self.targets = list(targets)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
    def translate_examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        names = ("source", "target_language")
        asked = tf.io.parse_example(
            examples, {name: tf.io.FixedLenFeature([], tf.string, default_value="") for name in names}
        )
        known = tf.reduce_any(asked["target_language"][:, None] == tf.constant(self.targets)[None], axis=1)
        answers = self.translate(tf.where(known, asked["source"], ""))
        answers["translation"] = tf.where(known, answers["translation"], "")
        refusal = tf.strings.join(["no translation into ", asked["target_language"]])
        return {**answers, "refusal": tf.where(known, "", refusal)}


def export_directed(table: Mapping[str, str], targets: Sequence[str], folder: Path) -> Path:
    """A `DirectedToy` as `export` does, with what the Evaluator asks alone."""
    model = DirectedToy(table, targets)
    signatures = {"serving_examples": model.translate_examples}
    tf.saved_model.save(model, str(folder / "Format-Serving"), signatures=signatures)
    return folder


def export(table: Mapping[str, str], folder: Path) -> Path:
    """Saves the toy model as the Trainer would, in `Format-Serving`; returns the artifact's folder."""
    model = ToyTranslator(table)
    signatures = {
        "serving_default": model.translate,
        "serving_examples": model.translate_examples,
        "explain": model.explain,
    }
    tf.saved_model.save(model, str(folder / "Format-Serving"), signatures=signatures)
    return folder


def write_examples(rows: Sequence[tuple[str, str, str]], folder: Path) -> standard_artifacts.Examples:
    """An Examples artifact whose split `test` has (source, target, corpus) rows."""
    examples = standard_artifacts.Examples()
    examples.uri = str(folder)
    examples.split_names = artifact_utils.encode_split_names(["test"])
    examples_utils.set_payload_format(examples, example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE)
    split = Path(artifact_utils.get_split_uri([examples], "test"))
    split.mkdir(parents=True)
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    with tf.io.TFRecordWriter(str(split / "data_tfrecord-00000-of-00001.gz"), options) as writer:
        for line, (source, target, corpus) in enumerate(rows, start=1):
            example = tf.train.Example()
            for name, value in {"source": source, "target": target, "corpus": corpus}.items():
                example.features.feature[name].bytes_list.value.append(value.encode())
            example.features.feature["line"].int64_list.value.append(line)
            writer.write(example.SerializeToString())
    return examples
