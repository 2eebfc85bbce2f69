"""`ensemble`: several translators of one vocabulary decide together on each piece.

The mean of probabilities (Sutskever et al. 2014, https://arxiv.org/abs/1409.3215, section 3.6) asks that one
of them is for a piece, that of log-probabilities, which is a geometric mean, that none is against it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from contracts.errors import ConfigurationError
from trainer.facts import DESCRIPTION, VOCABULARY, WEIGHTS
from trainer.search.heads.base import HeadConfig, Resources

if TYPE_CHECKING:
    from trainer.search.candidates import Candidates
    from trainer.search.decoder import BodyWithHead
    from trainer.search.interface import Model

Mean = Literal["probabilities", "log-probabilities"]
_STORED = (DESCRIPTION, WEIGHTS, VOCABULARY)
"""What `trainer.store` writes."""


class EnsembleConfig(HeadConfig):
    """The mean of what several translators say."""

    name: Literal["ensemble"] = "ensemble"
    models: tuple[Path, ...] = Field(
        min_length=1,
        description="stored translators, beside the run's own and with its vocabulary, as a version has in "
        "assets.extra/translator; read when a model is exported",
    )
    mean: Mean = Field("probabilities", description="of each piece")

    def named_files(self) -> tuple[Path, ...]:
        """See `Chosen.named_files`.

        Raises:
            ConfigurationError: a folder holds no stored translator.
        """
        for folder in self.models:
            missing = [name for name in _STORED if not (folder / name).exists()]
            if missing:
                raise ConfigurationError(
                    f"search.head: {folder} holds no stored translator ({missing[0]} is missing): give the "
                    "folder assets.extra/translator of a version, or one that save_translator wrote"
                )
        return self.models


class Ensemble:
    """All V pieces, each as likely as the models say in the mean."""

    def __init__(self, models: Sequence[Model], mean: Mean) -> None:
        self._models, self._mean = tuple(models), mean

    def candidates(self, outputs: tuple[Any, ...]) -> Candidates:
        """See `Head.candidates`; the outputs of `Bodies`."""
        import tensorflow as tf

        from trainer.search.candidates import Candidates

        logits = [model.logits(own) for model, own in zip(self._models, outputs, strict=True)]
        # Some are padded with impossible pieces, to another size than others.
        size = tf.reduce_min([tf.shape(own)[-1] for own in logits])
        each = tf.stack([tf.nn.log_softmax(own[..., :size], axis=-1) for own in logits])
        if self._mean == "probabilities":
            mean = tf.reduce_logsumexp(each, axis=0) - math.log(len(self._models))
            return Candidates(mean, tf.zeros(tf.shape(mean)[:2]))
        mean = tf.reduce_mean(each, axis=0)
        return Candidates(mean, tf.reduce_logsumexp(mean, axis=-1))


def build(config: EnsembleConfig, resources: Resources) -> BodyWithHead:
    """The bodies of all translators together."""
    from trainer.search.decoder import Bodies, BodyWithHead

    models = (resources.model, *map(resources.stored, config.models))
    return BodyWithHead(Bodies(models), Ensemble(models, config.mean))
