"""Decoded dev BLEU during training: greedy, batched by length, in the graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import sacrebleu
import tensorflow as tf

from texts.normalisation import normalise
from trainer.decoder import KerasDecoder
from trainer.models import Transformer
from trainer.search import greedy_search
from trainer.training.loss import smoothed_cross_entropy
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
        self._vocabulary = vocabulary
        self._references = [normalise(target) for _, target in pairs]
        self._translator = translator
        encoded = vocabulary.encode_source([source for source, _ in pairs])
        # Dev is never filtered: one line of thousands of pieces would need more memory than there is.
        self._sources = [ids if len(ids) <= max_length else [*ids[: max_length - 1], EOS] for ids in encoded]
        begun = [[BOS, *ids] for ids in vocabulary.encode_target(self._references)]
        self._targets = [ids if len(ids) <= max_length + 1 else [*ids[:max_length], EOS] for ids in begun]
        self._bleu = sacrebleu.BLEU(tokenize=tokenize)
        self._decoder = KerasDecoder(translator)
        self._greedy = tf.function(
            self._greedy_graph, input_signature=[tf.TensorSpec([None, None], tf.int32)], autograph=False
        )
        ids = tf.TensorSpec([None, None], tf.int32)
        self._loss = tf.function(self._loss_graph, input_signature=[ids, ids], autograph=False)

    def bleu(self) -> float:
        """Corpus BLEU of the greedy translations, 0 to 100."""
        return self._bleu.corpus_score(self.translate(), [self._references]).score

    def loss(self) -> float:
        """Cross entropy of the references, teacher-forced and not smoothed, per target token, in nats."""
        order = sorted(range(len(self._sources)), key=lambda row: len(self._targets[row]))
        total, count = 0.0, 0
        for start in range(0, len(order), _ROWS):
            rows = order[start : start + _ROWS]
            source = _padded([self._sources[row] for row in rows])
            target = _padded([self._targets[row] for row in rows])
            total += float(self._loss(tf.constant(source), tf.constant(target)))
            count += int(np.count_nonzero(target[:, 1:]))
        return total / max(1, count)

    def _loss_graph(self, source: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        """Source ids [B, S], target ids [B, T] with `BOS` → the sum of the losses of all target pieces."""
        memory = self._translator.encode(source, training=False)
        states = self._translator.decode(target[:, :-1], memory, training=False)
        places = tf.where(target[:, 1:] != PAD)
        logits = self._translator.logits(tf.gather_nd(states, places))
        return tf.reduce_sum(smoothed_cross_entropy(logits, tf.gather_nd(target[:, 1:], places), 0.0))

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
            ids = self._greedy(tf.constant(_padded([self._sources[row] for row in rows]))).numpy()
            texts = self._vocabulary.decode_target([row[: np.argmax(row == EOS)].tolist() for row in ids])
            for row, text in zip(rows, texts, strict=True):
                hypotheses[row] = text
        return hypotheses

    def _greedy_graph(self, source: tf.Tensor) -> tf.Tensor:
        """Source ids [B, S] → target ids [B, T], `EOS` at the end of each row, padding after it."""
        lengths = tf.math.count_nonzero(source, axis=1, dtype=tf.int32)
        found = greedy_search(
            self._decoder,
            self._decoder.start(source, beams=1),
            start=BOS,
            end=EOS,
            limits=2 * lengths + 10,
            source_lengths=lengths,
        )
        return found.sequences[:, 0]


def _padded(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Ids [B, length of the longest], padded."""
    batch = np.full((len(rows), max(map(len, rows))), PAD, np.int32)
    for place, row in enumerate(rows):
        batch[place, : len(row)] = row
    return batch
