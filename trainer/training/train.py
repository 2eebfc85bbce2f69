"""Train a translator, in a plain script or in a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from trainer.config import TrainingConfig
from trainer.models.base import ArchitectureConfig, Translator
from trainer.models.build import build_translator
from trainer.objectives.base import OBJECTIVES, TrainingData
from trainer.training.initial import take_weights
from trainer.training.loop import Training, TrainingResult
from trainer.training.machines import Machines, gather
from trainer.training.settings import TrainingSettings
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
    initial_weights: Mapping[str, np.ndarray] | None = None,
    machines: Machines | None = None,
) -> tuple[Translator, TrainingResult]:
    """Train in `folder`, or go on with what it holds; the same call after a kill -9 continues.

    Args:
        train_pairs, dev_pairs: datasets of `(source, target)` strings.
        bleu_tokenize: sacreBLEU's tokenizer of the target language, for objectives that score translations.
        initial_weights: by name, those of a trained translator, to start from instead of fresh ones; what was
            taken and what was not is said.
        machines: what `gather` gave before the datasets were made; `multi_worker` has to have it so early.

    With the strategy `multi_worker` every machine of TF_CONFIG makes the same call; only the chief writes to
    `folder`, and all return the same translator.

    Returns:
        The translator with the best averaged weights, and what is known of its training.

    Raises:
        DataError: no usable sentence pair, or no dev pair.
        TrainingDivergedError: the loss or a gradient is not finite.
        TrainerError: stopped by SIGTERM, or the folder holds another training, or a machine was lost, or no
            initial weight fits.
    """
    machines = machines or gather(training)
    with machines.together():
        keras.utils.set_random_seed(training.seed)
        with machines.strategy.scope():
            translator = build_translator(
                model,
                vocabulary.source_size,
                vocabulary.target_size,
                shared=vocabulary.shared,
                precision=training.precision,
            )
        notes = [] if initial_weights is None else take_weights(translator, initial_weights)
        data = TrainingData(train_pairs, dev_pairs, vocabulary, bleu_tokenize)
        with OBJECTIVES.running(training.objective.name):
            objective = training.objective.build(training, translator, data)
        settings = TrainingSettings(model, training, vocabulary, machines.strategy.num_replicas_in_sync)
        return translator, Training(settings, translator, objective, folder, machines).run(notes)
