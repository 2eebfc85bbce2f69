"""The dev sentences of a training: their BLEU, decoded greedily and batched by length in the graph, and their
loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import sacrebleu
import tensorflow as tf

from texts.normalisation import normalise
from trainer.decoder import KerasDecoder
from trainer.errors import DataError
from trainer.models.base import Translator
from trainer.objectives.cross_entropy import loss_sum
from trainer.search.greedy import greedy_search
from trainer.vocabulary import BOS, EOS, PAD, Vocabulary

_ROWS = 64


class DevEvaluator:
    """Translates the dev sentences greedily and scores them; one instance traces its graph once."""

    def __init__(
        self,
        translator: Translator,
        vocabulary: Vocabulary,
        pairs: Sequence[tuple[str, str]],
        tokenize: str,
        max_length: int,
    ) -> None:
        """`max_length`: pieces of a side; longer sentences are cut.

        Raises:
            DataError: there is no pair.
        """
        if not pairs:
            raise DataError("no dev sentence pair: the early stop needs some; give a dev split")
        self._vocabulary = vocabulary
        self._references = [normalise(target) for _, target in pairs]
        encoded = vocabulary.encode_source([source for source, _ in pairs])
        # Dev is never filtered: one line of thousands of pieces would need more memory than there is.
        self._sources = [_cut(ids, max_length) for ids in encoded]
        self._targets = [[BOS, *_cut(ids, max_length)] for ids in vocabulary.encode_target(self._references)]
        self._bleu = sacrebleu.BLEU(tokenize=tokenize)
        self._decoder = KerasDecoder(translator)
        self._greedy = tf.function(
            self._greedy_graph, input_signature=[tf.TensorSpec([None, None], tf.int32)], autograph=False
        )
        ids = tf.TensorSpec([None, None], tf.int32)
        self._loss = tf.function(
            lambda source, target: loss_sum(translator, source, target, 0.0, training=False),
            input_signature=[ids, ids],
            autograph=False,
        )

    def bleu(self) -> float:
        """Corpus BLEU of the greedy translations, 0 to 100."""
        return self._bleu.corpus_score(self.translate(), [self._references]).score

    def loss(self) -> float:
        """Cross entropy of the references, teacher-forced and not smoothed, per target token, in nats."""
        total, count = 0.0, 0
        for rows in _by_length(self._targets):
            source = _padded([self._sources[row] for row in rows])
            target = _padded([self._targets[row] for row in rows])
            total += float(self._loss(tf.constant(source), tf.constant(target)))
            count += int(np.count_nonzero(target[:, 1:]))
        return total / max(1, count)

    @property
    def signature(self) -> str:
        """sacreBLEU's, without which the score cannot be compared."""
        # It knows the number of references only after a score.
        self._bleu.corpus_score([""], [[""]])
        return str(self._bleu.get_signature())

    def translate(self) -> list[str]:
        """The greedy translations, in the order of the pairs."""
        hypotheses = [""] * len(self._sources)
        for rows in _by_length(self._sources):
            ids = self._greedy(tf.constant(_padded([self._sources[row] for row in rows]))).numpy()
            texts = self._vocabulary.decode_target([row[: np.argmax(row == EOS)].tolist() for row in ids])
            for row, text in zip(rows, texts, strict=True):
                hypotheses[row] = text
        return hypotheses

    def _greedy_graph(self, source: tf.Tensor) -> tf.Tensor:
        """Source ids [B, S] → target ids [B, T], `EOS` at the end of each row, padding after it."""
        lengths = tf.math.count_nonzero(source, axis=1, dtype=tf.int32)
        hypotheses = greedy_search(
            self._decoder,
            self._decoder.start(source, beams=1),
            start=BOS,
            end=EOS,
            limits=2 * lengths + 10,
            source_lengths=lengths,
        )
        return hypotheses.sequences[:, 0]


def _cut(ids: list[int], length: int) -> list[int]:
    """Ids with `EOS` at their end, also where they are cut."""
    return ids if len(ids) <= length else [*ids[: length - 1], EOS]


def _by_length(sentences: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Which sentences go into a batch together: those of like length."""
    order = sorted(range(len(sentences)), key=lambda row: len(sentences[row]))
    return (order[start : start + _ROWS] for start in range(0, len(order), _ROWS))


def _padded(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Ids [B, length of the longest], padded."""
    batch = np.full((len(rows), max(map(len, rows))), PAD, np.int32)
    for place, row in enumerate(rows):
        batch[place, : len(row)] = row
    return batch
