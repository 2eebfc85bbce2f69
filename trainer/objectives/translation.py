"""Translation: a target sentence from its source, teacher-forced, by cross entropy with smoothed labels.

A batch is a token batch of `trainer.data`. The dev measure is the BLEU of greedy translations; beside it
stands the cross entropy of the references.

Notation: `B` batch, `S` source length, `T` target length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from trainer.errors import DataError
from trainer.objectives.base import CommonSettings, Measure, ObjectiveConfig, TrainingData

if TYPE_CHECKING:
    import tensorflow as tf

    from trainer.models.base import Translator

    Pair = tuple[tf.Tensor, tf.Tensor]
    """Source [B, S] and target [B, T], T counting `BOS` and `EOS`."""


class Translation(ObjectiveConfig):
    """Target sentences from source sentences; the best weights are those with the best dev BLEU."""

    name: Literal["translation"] = "translation"

    def build(
        self, training: CommonSettings, translator: Translator, data: TrainingData
    ) -> TranslationObjective:
        """Raises DataError where there is no dev pair."""
        return TranslationObjective(training, translator, data)


class TranslationObjective:
    """The translation of one training's sentence pairs."""

    measure = Measure("dev_bleu", "dev BLEU")

    def __init__(self, training: CommonSettings, translator: Translator, data: TrainingData) -> None:
        from trainer.data import TokenBatches, as_pairs, draw
        from trainer.objectives.dev import DevEvaluator

        dev = draw(as_pairs(data.dev), training.evaluate_sentences, training.seed)
        self._translator, self._training = translator, training
        self._evaluator = DevEvaluator(translator, data.vocabulary, dev, data.tokenize, training.max_length)
        self._batches = TokenBatches(
            data.train, data.vocabulary, training.batch_tokens, training.max_length, training.seed
        )
        self.batch = self._batches.batch

    def epoch(self, epoch: int, *, skip: int = 0) -> tf.data.Dataset:
        """Token batches."""
        return self._batches.epoch(epoch, skip=skip)

    def describe(self) -> str:
        """How many pairs there are.

        Raises:
            DataError: most of them would be left out.
        """
        used, left_out = self._batches.count()
        if left_out > used:
            raise DataError(
                f"{left_out:,} of {used + left_out:,} training pairs are empty or over training.max_length "
                f"{self._training.max_length} pieces, and would be left out: raise training.max_length, or "
                "choose a vocabulary.algorithm of longer pieces (bpe or unigram)"
            )
        return (
            f"training on {used:,} sentence pairs"
            + f", {left_out:,} left out (empty, or over {self._training.max_length} pieces)" * bool(left_out)
        )

    def count_tokens(self, batch: Pair) -> int:
        """Pieces of both sides."""
        return self._batches.count_tokens(batch)

    def count_labels(self, batch: Pair) -> tf.Tensor:
        """Target pieces."""
        from trainer.objectives.cross_entropy import count_labels

        return count_labels(batch[1])

    def loss(self, batch: Pair, *, training: bool) -> tf.Tensor:
        """Label-smoothed cross entropy of the target pieces."""
        from trainer.objectives.cross_entropy import loss_sum

        return loss_sum(self._translator, *batch, self._training.label_smoothing, training=training)

    def evaluate(self) -> dict[str, float | str]:
        """BLEU from 0 to 100 with sacreBLEU's signature, and the loss of the references in nats."""
        return {
            "dev_bleu": self._evaluator.bleu(),
            "dev_bleu_signature": self._evaluator.signature,
            "dev_loss": round(self._evaluator.loss(), 5),
        }
