"""Tiny translation models for the drill, and their push: `python -m pipeline.steps.push.toys ROOT MODEL …`.

A process of its own, so that the drill itself needs no TensorFlow and a push can be given a limit. An ORDER
is an `Order` in JSON; the first push that fails ends the process with 1 and the reason as its last line.
Without any it reads one from each line of standard input, and answers with a line: why the push failed, or
nothing. The push is the pipeline's own.
"""

from __future__ import annotations

import contextlib
import resource
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import tensorflow as tf
from pydantic import ValidationError

from contracts.card import CardScores, Code, Data, Gate, ModelCard, Signatures
from contracts.signatures import SCORE, SOURCE, TRANSLATE, TRANSLATION, TRUNCATED
from pipeline.errors import PushError
from pipeline.steps.push.atomic import push
from serving.rollout.drill.pusher import Order

SENTENCE = "warm up"
"""The one source that a failing toy answers too, so that its warm-up passes and its load succeeds."""
_BALLAST = 1 << 18  # float32 values: a version takes a megabyte
_SOURCE = [tf.TensorSpec([None], tf.string, name=SOURCE)]


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
        return {TRANSLATION: text, SCORE: score, TRUNCATED: tf.zeros_like(score, tf.bool)}


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


@contextlib.contextmanager
def _limited(limit: int | None) -> Iterator[None]:
    """No file grows beyond so many bytes within."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft if limit is None else limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _pushed(root: Path, model: str, order: Order) -> str:
    """Export and push; why it failed, or nothing."""
    toy = _Toy(order.version, order.failing)
    with tempfile.TemporaryDirectory(prefix="dragoman-toys-") as folder:
        export = Path(folder) / "export"
        tf.saved_model.save(toy, str(export), signatures={TRANSLATE.name: toy.translate})
        try:
            with _limited(order.limit):
                push(export, root, model, _card(model, order.version), [SENTENCE])
        except PushError as error:
            return " ".join(str(error).split())
    return ""


def _understood(text: str) -> Order:
    try:
        return Order.model_validate_json(text)
    except ValidationError as error:
        sys.exit(f"{text.strip()!r} is no order: {' '.join(str(error).split())}")


def main() -> None:
    """Work off the orders until there are no more."""
    root, model, *orders = sys.argv[1:]
    if orders:
        for order in [_understood(line) for line in orders]:
            if why := _pushed(Path(root), model, order):
                sys.exit(why)
    else:
        for line in sys.stdin:
            print(_pushed(Path(root), model, _understood(line)), flush=True)


if __name__ == "__main__":
    main()
