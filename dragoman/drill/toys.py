"""Tiny translation models for the drill, and their push: `python -m dragoman.drill.toys ROOT MODEL 1 2`.

A process of its own, so that the drill itself needs no TensorFlow and a push can be given a limit. The push
is the pipeline's own.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import tensorflow as tf

from pipeline.errors import PushError
from pipeline.push import push
from pipeline.push.card import CardScores, Code, Data, Gate, ModelCard, Signatures

SENTENCE = "warm up"
"""The one source that a failing toy answers too, so that its warm-up passes and its load succeeds."""
_BALLAST = 1 << 18  # float32 values: a version takes a megabyte
_SOURCE = [tf.TensorSpec([None], tf.string, name="source")]


class _Toy(tf.Module):
    """Answers `vN:SOURCE`; a failing one refuses all but SENTENCE."""

    def __init__(self, version: int, failing: bool) -> None:
        super().__init__()
        self.version = tf.Variable(version, dtype=tf.int64)
        self.ballast = tf.Variable(tf.zeros([_BALLAST]))
        self.failing = failing

    @tf.function(input_signature=_SOURCE)
    def translate(self, source: tf.Tensor) -> dict[str, tf.Tensor]:
        known = tf.reduce_all(tf.equal(source, SENTENCE.encode()))
        checks = [tf.debugging.Assert(known, ["a toy that fails"])] if self.failing else []
        with tf.control_dependencies(checks):
            text = tf.strings.join([b"v", tf.strings.as_string(self.version), b":", source])
        score = -tf.cast(tf.strings.length(source), tf.float32) + self.ballast[0]
        return {"translation": text, "score": score, "truncated": tf.zeros_like(score, tf.bool)}


def _card(model: str, version: int) -> ModelCard:
    return ModelCard(
        model=model,
        candidate_fingerprint=f"toy-{version}",
        source_language="en",
        target_language="en",
        created=datetime.now(timezone.utc),
        signatures=Signatures(bleu="none", chrf="none"),
        overall=CardScores(sentences=0, bleu=0.0, chrf=0.0),
        gate=Gate(blessed=True, reasons=()),
        data=Data(fingerprint="none", pairs={}),
        configuration={},
        code=Code(version="drill", packages={}),
    )


def main() -> None:
    """Export and push each version; exit code 1 with the reason when a push fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("model")
    parser.add_argument("versions", type=int, nargs="+", help="in the order in which they are pushed")
    parser.add_argument("--failing", type=int, action="append", default=[], help="a version that fails")
    parser.add_argument("--limit", type=int, help="bytes that a file of the push may have")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dragoman-toys-") as folder:
        for version in arguments.versions:
            toy = _Toy(version, version in arguments.failing)
            export = Path(folder) / str(version)
            tf.saved_model.save(toy, str(export), signatures={"serving_default": toy.translate})
            if arguments.limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (arguments.limit, resource.RLIM_INFINITY))
            try:
                push(export, arguments.root, arguments.model, _card(arguments.model, version), [SENTENCE])
            except PushError as error:
                sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
