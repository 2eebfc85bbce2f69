"""The trainer's search: the same search over the Keras model itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from trainer.config import SearchConfig
from trainer.export.engine import find
from trainer.export.text import Text
from trainer.models import Transformer
from trainer.models.transformer import State
from trainer.search import Step, StepFunctionDecoder
from trainer.vocabulary import Vocabulary

_ROWS = 32


class Translation(NamedTuple):
    """A translated sentence."""

    text: str
    score: float
    truncated: bool


class ReferenceDecoder(StepFunctionDecoder):
    """`Decoder` of `trainer.search` from the Keras model's own `encode` and `step`."""

    def __init__(self, translator: Transformer) -> None:
        super().__init__(self._keras_step)
        self._translator = translator

    def start(self, source: tf.Tensor, beams: int) -> Any:
        """Source ids [B, S] → the state before the first step, [B, K, ...]."""
        state = self._translator.start(self._translator.encode(source))
        return tf.nest.map_structure(lambda part: tf.repeat(part[:, None], beams, axis=1), state)

    def _keras_step(self, tokens: tf.Tensor, state: State, time: tf.Tensor) -> tuple[Step, State]:
        shape = tf.shape(tokens)
        merged = tf.nest.map_structure(
            lambda part: tf.reshape(part, tf.concat([[-1], tf.shape(part)[2:]], 0)), state
        )
        config = self._translator.config
        depth = config.width // config.heads
        for part in (*merged.self_keys, *merged.self_values, *merged.cross_keys, *merged.cross_values):
            part.set_shape([None, config.heads, None, depth])
        merged.memory_mask.set_shape([None, 1, 1, None])
        tokens = tf.reshape(tokens, [-1])
        scores, merged, attention = self._translator.step_with_attention(tokens, merged, time)

        def split(part: tf.Tensor) -> tf.Tensor:
            return tf.reshape(part, tf.concat([shape, tf.shape(part)[1:]], 0))

        step = Step(split(scores), tf.zeros(shape), split(attention))
        return step, tf.nest.map_structure(split, merged)


def translate(
    translator: Transformer, vocabulary: Vocabulary, sources: Sequence[str], search: SearchConfig
) -> list[Translation]:
    """The best translation of each source, an empty one of a source without a piece."""
    text, decoder = Text(vocabulary), ReferenceDecoder(translator)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def run(sentences: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        source, found = find(decoder, text, sentences, search, kept=1)
        return text.detokenize(found.sequences[:, 0]), found.scores[:, 0], source.truncated

    translations: list[Translation] = []
    for first in range(0, len(sources), _ROWS):
        rows = [source.encode("utf-8", "surrogateescape") for source in sources[first : first + _ROWS]]
        outputs = [part.numpy() for part in run(tf.constant(rows, tf.string))]
        translations += [
            Translation(translated.decode("utf-8", "replace"), float(score), bool(truncated))
            for translated, score, truncated in zip(*outputs, strict=True)
        ]
    return translations
