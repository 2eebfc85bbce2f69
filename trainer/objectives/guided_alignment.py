"""Guided alignment (Chen et al. 2016, https://arxiv.org/abs/1607.01628, section 3; Garg et al. 2019,
https://arxiv.org/abs/1909.02074, equation 5): beside the translation the attention is learned that explains
it, so that what `explain` shows is where a piece comes from.

The alignments are those of `trainer.aligner`, learned from the training pairs, over pieces, where a training
begins and again where it goes on: the same ones, since they depend on the pairs and the seed alone.

Notation: `B` batch, `S` source length, `T` target length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from contracts.vocabulary import EOS, PAD
from trainer.objectives.base import CommonSettings, ObjectiveConfig, TrainingData
from trainer.objectives.translation import TranslationObjective

if TYPE_CHECKING:
    import tensorflow as tf

    from trainer.aligner import Aligner
    from trainer.models.base import Translator
    from trainer.objectives.translation import Pair


class GuidedAlignment(ObjectiveConfig):
    """Translation, and an attention that looks where an aligner says that each piece comes from."""

    guides_attention: ClassVar[bool] = True

    name: Literal["guided-alignment"] = "guided-alignment"
    weight: float = Field(
        0.05, gt=0, description="lambda of Garg et al.: of the attention's loss beside the translation's"
    )
    pairs: int = Field(
        100_000,
        ge=1,
        description="training pairs that the aligner learns from, drawn; of memory 11 KB each at 24 pieces a "
        "side, and 0.1 GB",
    )
    rounds: int = Field(10, ge=2, description="of the EM algorithm")

    def build(
        self, training: CommonSettings, translator: Translator, data: TrainingData
    ) -> GuidedAlignmentObjective:
        """Raises DataError where there is no dev pair, TrainerError where nothing can be guided."""
        return GuidedAlignmentObjective(self, training, translator, data)


class GuidedAlignmentObjective(TranslationObjective):
    """The loss of translation and, for each target piece, the cross entropy of the attention."""

    def __init__(
        self, config: GuidedAlignment, training: CommonSettings, translator: Translator, data: TrainingData
    ) -> None:
        from trainer.errors import TrainerError
        from trainer.models.base import Explaining

        if not (isinstance(translator, Explaining) and translator.config.attends):
            raise TrainerError(
                f"the architecture {translator.config.architecture} has no attention that can be guided: "
                "choose another one, as transformer, or the objective translation"
            )
        super().__init__(training, translator, data)
        self._config, self._explaining = config, translator
        self._aligner = _learn(config, training, data)

    def loss(self, batch: Pair, *, training: bool) -> tf.Tensor:
        """The sum over the target pieces."""
        from trainer.objectives.cross_entropy import labels_loss

        source, target = batch
        labels = target[:, 1:]
        memory = self._explaining.encode(source, training=training)
        states, attention = self._explaining.decode_explained(target[:, :-1], memory, training=training)
        translating = labels_loss(self._explaining, states, labels, self._training.label_smoothing)
        links, sure = self._aligner.links(_text(source), _text(labels))
        return translating + self._config.weight * attention_loss(attention, links, sure)


def attention_loss(attention: Any, links: Any, sure: Any) -> Any:
    """The cross entropy of the attention [B, T, S] against the links [B, T, S], whose rows sum to 1, each row
    as much as it is sure [B, T]; the sum, in nats.
    """
    import tensorflow as tf

    logarithms = tf.math.log(tf.maximum(tf.cast(attention, tf.float32), 1e-9))
    return -tf.reduce_sum(sure * tf.reduce_sum(links * logarithms, axis=2))


def _text(ids: Any) -> Any:
    """Ids without the end, which is padding then."""
    import tensorflow as tf

    return tf.where(ids == EOS, PAD, ids)


def _learn(config: GuidedAlignment, training: CommonSettings, data: TrainingData) -> Aligner:
    from trainer.aligner import learn_from_texts
    from trainer.data import as_pairs, draw

    drawn = draw(as_pairs(data.train), config.pairs, training.seed)
    return learn_from_texts(drawn, data.vocabulary, training.max_length, config.rounds)
