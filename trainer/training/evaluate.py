"""Decoded dev BLEU during training: greedy, batched by length, in the graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sacrebleu
import tensorflow as tf
from keras import ops

from trainer.models import Transformer
from trainer.models.transformer import State
from trainer.vocabulary import BOS, EOS, PAD, Vocabulary

_ROWS = 64


class DevEvaluator:
    """Translates the dev sentences greedily and scores them; one instance traces its graph once."""

    def __init__(
        self,
        translator: Transformer,
        vocabulary: Vocabulary,
        pairs: Sequence[tuple[str, str]],
        tokenize: str,
        max_length: int,
    ) -> None:
        """`max_length`: source pieces; longer sentences are cut."""
        self._translator, self._vocabulary = translator, vocabulary
        self._references = [target for _, target in pairs]
        encoded = vocabulary.encode_source([source for source, _ in pairs])
        # Dev is never filtered: one line of thousands of pieces would need more memory than there is.
        self._sources = [ids if len(ids) <= max_length else [*ids[: max_length - 1], EOS] for ids in encoded]
        self._bleu = sacrebleu.BLEU(tokenize=tokenize)
        self._greedy = tf.function(
            self._greedy_graph,
            input_signature=[tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([], tf.int32)],
        )

    def bleu(self) -> float:
        """Corpus BLEU of the greedy translations, 0 to 100."""
        return self._bleu.corpus_score(self.translate(), [self._references]).score

    @property
    def signature(self) -> str:
        """sacreBLEU's, without which the score cannot be compared."""
        # It knows the number of references only after a score.
        self._bleu.corpus_score([""], [[""]])
        return str(self._bleu.get_signature())

    def translate(self) -> list[str]:
        """The greedy translations, in the order of the pairs."""
        order = sorted(range(len(self._sources)), key=lambda index: len(self._sources[index]))
        hypotheses = [""] * len(order)
        for start in range(0, len(order), _ROWS):
            rows = order[start : start + _ROWS]
            length = max(len(self._sources[row]) for row in rows)
            batch = np.full((len(rows), length), PAD, np.int32)
            for place, row in enumerate(rows):
                batch[place, : len(self._sources[row])] = self._sources[row]
            ids = self._greedy(tf.constant(batch), tf.constant(2 * length + 10)).numpy()
            texts = self._vocabulary.decode_target([row[: np.argmax(row == EOS)].tolist() for row in ids])
            for row, text in zip(rows, texts, strict=True):
                hypotheses[row] = text
        return hypotheses

    def _greedy_graph(self, source: tf.Tensor, max_length: tf.Tensor) -> tf.Tensor:
        """Source ids [B, S] → target ids [B, T], `EOS` at the end of every row."""
        rows = tf.shape(source)[0]
        start = self._translator.start(self._translator.encode(source))
        written = tf.zeros([rows, 0], tf.int32)

        def body(
            position: tf.Tensor, tokens: tf.Tensor, done: tf.Tensor, written: tf.Tensor, state: State
        ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, State]:
            scores, state = self._translator.step(tokens, state, position)
            tokens = tf.where(done, EOS, tf.argmax(scores, axis=-1, output_type=tf.int32))
            written = tf.concat([written, tokens[:, None]], axis=1)
            return position + 1, tokens, done | (tokens == EOS), written, state

        grown = tf.TensorShape([None, self._translator.config.heads, None, None])
        layers = len(start.self_keys)
        crossed = State(
            (grown,) * layers,
            (grown,) * layers,
            (grown,) * layers,
            (grown,) * layers,
            tf.TensorShape([None, 1, 1, None]),
        )
        *_, written, _ = tf.while_loop(
            lambda position, _tokens, done, *_: (position < max_length) & ~tf.reduce_all(done),
            body,
            (tf.constant(0), tf.fill([rows], BOS), tf.zeros([rows], tf.bool), written, start),
            shape_invariants=(
                tf.TensorShape([]),
                tf.TensorShape([None]),
                tf.TensorShape([None]),
                tf.TensorShape([None, None]),
                crossed,
            ),
        )
        return ops.concatenate([written, tf.fill([rows, 1], EOS)], axis=1)
