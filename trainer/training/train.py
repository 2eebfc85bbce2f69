"""Train a translator from pairs, in a plain script or in a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from trainer.config import TrainingConfig
from trainer.data import TokenBatches, as_pairs, draw
from trainer.errors import DataError
from trainer.models.base import ArchitectureConfig, Translator
from trainer.models.build import build_translator
from trainer.training.evaluate import DevEvaluator
from trainer.training.loop import Training, TrainingResult
from trainer.training.machines import Machines, gather
from trainer.vocabulary import Vocabulary


def train(
    model: ArchitectureConfig,
    training: TrainingConfig,
    vocabulary: Vocabulary,
    train_pairs: tf.data.Dataset,
    dev_pairs: tf.data.Dataset,
    folder: Path,
    *,
    bleu_tokenize: str = "13a",
    initial_weights: Sequence[np.ndarray] | None = None,
    machines: Machines | None = None,
) -> tuple[Translator, TrainingResult]:
    """Train in `folder`, or go on with what it holds; the same call after a kill -9 continues.

    Args:
        train_pairs, dev_pairs: datasets of `(source, target)` strings.
        bleu_tokenize: sacreBLEU's tokenizer for the dev BLEU.
        initial_weights: a trained translator's `get_weights()`, to start from instead of fresh ones.
        machines: what `gather` gave before the datasets were made; `multi_worker` has to have it so early.

    With the strategy `multi_worker` every machine of TF_CONFIG makes the same call; only the chief writes to
    `folder`, and all return the same translator.

    Returns:
        The translator with the best averaged weights, and what is known of its training.

    Raises:
        DataError: no usable sentence pair, or no dev pair.
        TrainingDivergedError: the loss or a gradient is not finite.
        TrainerError: stopped by SIGTERM, or the folder holds another training, or a machine was lost.
    """
    machines = machines or gather(training)
    with machines.together():
        dev = draw(as_pairs(dev_pairs), training.evaluate_sentences, training.seed)
        if not dev:
            raise DataError("no dev sentence pair: the early stop needs some; give a dev split")
        keras.utils.set_random_seed(training.seed)
        with machines.strategy.scope():
            translator = build_translator(
                model,
                vocabulary.source_size,
                vocabulary.target_size,
                shared=vocabulary.shared,
                precision=training.precision,
            )
        if initial_weights is not None:
            translator.set_weights(initial_weights)
        batches = TokenBatches(
            train_pairs, vocabulary, training.batch_tokens, training.max_length, training.seed
        )
        evaluator = DevEvaluator(translator, vocabulary, dev, bleu_tokenize, training.max_length)
        return translator, Training(training, translator, batches, evaluator, folder, machines).run()
