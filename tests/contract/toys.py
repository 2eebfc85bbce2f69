"""Small SavedModels of stock TensorFlow operations: strings in, strings out, versions that differ."""

from __future__ import annotations

import shutil
from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

WARMUP = "assets.extra/tf_serving_warmup_requests"


def _strings(name: str) -> tf.TensorSpec:
    return tf.TensorSpec([None], tf.string, name=name)


class Toy(tf.Module):
    """Replies `vN:TEXT`; also shouts, reads numbers (and fails on others), adds, and takes its time."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = tf.Variable(version, dtype=tf.int64)
        # Enough of it that a file cut in half is cut within the values.
        self.ballast = tf.Variable(tf.zeros([4096]))

    def _reply(self, text: tf.Tensor) -> tf.Tensor:
        zero = tf.cast(self.ballast[0], tf.int64)
        return tf.strings.join([b"v", tf.strings.as_string(self.version + zero), b":", text])

    @tf.function(input_signature=[_strings("text")])
    def default(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"reply": self._reply(text), "bytes": tf.strings.length(text)}

    @tf.function(input_signature=[_strings("text")])
    def shout(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"reply": tf.strings.upper(text)}

    @tf.function(input_signature=[_strings("text")])
    def raw(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"reply_bytes": text}

    @tf.function(input_signature=[_strings("text")])
    def number(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"value": tf.strings.to_number(text)}

    @tf.function(
        input_signature=[tf.TensorSpec([None, 2], tf.float32, "a"), tf.TensorSpec([None, 2], tf.float32, "b")]
    )
    def add(self, a: tf.Tensor, b: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"sum": a + b}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "seconds")])
    def sleep(self, seconds: tf.Tensor) -> dict[str, tf.Tensor]:
        """Busy until the longest of the rows' times is over."""
        until = tf.timestamp() + tf.cast(tf.reduce_max(seconds), tf.float64)
        rounds = tf.while_loop(
            lambda _: tf.timestamp() < until,
            lambda n: [n + tf.cast(tf.size(tf.range(1000)), tf.int64) // 1000],
            [tf.constant(0, tf.int64)],
        )[0]
        return {"rounds": tf.fill(tf.shape(seconds), rounds)}


def save(path: Path, version: int) -> Path:
    """Write the toy as a SavedModel into the folder `path`."""
    toy = Toy(version)
    signatures = {
        "serving_default": toy.default,
        "shout": toy.shout,
        "raw": toy.raw,
        "number": toy.number,
        "add": toy.add,
        "sleep": toy.sleep,
    }
    tf.saved_model.save(toy, str(path), signatures=signatures)
    return path


class Versions:
    """Writes versions of the toy below a model's folder, each made visible by one rename."""

    def __init__(self, templates: Path) -> None:
        self._templates = templates

    def template(self, version: int) -> Path:
        """The SavedModel of that version, made when first wanted."""
        path = self._templates / str(version)
        return path if path.exists() else save(path, version)

    def push(
        self, model: Path, version: int, *, name: str | None = None, warmup: bytes | None = None
    ) -> Path:
        """MODEL/VERSION (or MODEL/NAME), complete at once; `warmup` is the content of its warm-up file."""
        model.mkdir(parents=True, exist_ok=True)
        hidden, visible = model / f"incoming-{version}", model / (name or str(version))
        shutil.copytree(self.template(version), hidden)
        if warmup is not None:
            (hidden / WARMUP).parent.mkdir(exist_ok=True)
            (hidden / WARMUP).write_bytes(warmup)
        return hidden.rename(visible)

    def push_without_variables(self, model: Path, version: int) -> None:
        """A version that has its graph only."""
        hidden = model / f"incoming-{version}"
        shutil.copytree(self.template(version), hidden)
        shutil.rmtree(hidden / "variables")
        hidden.rename(model / str(version))

    def push_truncated(self, model: Path, version: int) -> None:
        """A version whose variables end in the middle."""
        hidden = model / f"incoming-{version}"
        shutil.copytree(self.template(version), hidden)
        (data,) = (hidden / "variables").glob("variables.data-*")
        data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
        hidden.rename(model / str(version))

    def push_garbage(self, model: Path, version: int) -> None:
        """A version whose saved_model.pb is none."""
        hidden = model / f"incoming-{version}"
        hidden.mkdir(parents=True)
        (hidden / "saved_model.pb").write_bytes(b"\xff\xfethis is no protocol buffer\x00" * 20)
        hidden.rename(model / str(version))


def warmup_records(folder: Path, text: str, signature: str, count: int = 1) -> bytes:
    """A TFRecord of `count` requests with that text."""
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = signature
    request.inputs["text"].CopyFrom(tf.make_tensor_proto([text]))
    log = prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))
    file = folder / "warmup.tfrecord"
    with tf.io.TFRecordWriter(str(file)) as writer:
        for _ in range(count):
            writer.write(log.SerializeToString())
    return file.read_bytes()
