"""What objectives have in common: what a batch is, its loss, the dev measure, and what is printed of them.

An objective is a file in this folder, or in a folder `objectives` of the user's: `training.objective:
translation` is `translation.py`. It defines one subclass of `ObjectiveConfig`, whose keys are the objective's
own, and which builds what a training works with. The file is loaded where a configuration is checked, so it
imports TensorFlow and Keras in its functions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from contracts.kinds import Kind
from contracts.sections import Chosen

if TYPE_CHECKING:
    import tensorflow as tf

    from trainer.models.base import Translator
    from trainer.vocabulary import Vocabulary

OBJECTIVES = Kind("objective", "trainer.objectives", besides=("cross_entropy", "dev"))


class ObjectiveConfig(Chosen):
    """What is learned; `name` alone may stand for the section, as in `objective: translation`."""

    kind: ClassVar[Kind] = OBJECTIVES
    word: ClassVar[str] = "name"
    default: ClassVar[str] = "translation"
    defines: ClassVar[tuple[str, ...]] = ("build",)
    guides_attention: ClassVar[bool] = False
    """Whether the translator has to be one that attends, `ArchitectureConfig.attends`."""

    name: str = "translation"

    def build(self, training: CommonSettings, translator: Translator, data: TrainingData) -> Objective:
        """The objective of one training.

        Raises:
            DataError: there is nothing to measure progress with.
        """
        raise NotImplementedError


class CommonSettings(Protocol):
    """The keys of `training` that any objective may use; `trainer.config` describes them."""

    @property
    def batch_tokens(self) -> int: ...
    @property
    def max_length(self) -> int: ...
    @property
    def label_smoothing(self) -> float: ...
    @property
    def evaluate_sentences(self) -> int: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True)
class TrainingData:
    """What there is to learn from."""

    train: tf.data.Dataset
    """`(source, target)` strings."""
    dev: tf.data.Dataset
    """The same, of the dev split."""
    vocabulary: Vocabulary
    tokenize: str
    """sacreBLEU's tokenizer for the target language."""


@dataclass(frozen=True)
class Measure:
    """The number of the dev split by which the best weights are known."""

    key: str
    """Of its value in what `Objective.evaluate` returns, and so in history, TensorBoard and checkpoints."""
    noun: str
    """In lines for people: `dev BLEU`."""
    lower_is_better: bool = False
    digits: int = 2
    """After the point, in lines for people."""

    def is_better(self, value: float, best: float | None) -> bool:
        """Whether it is better than the best one so far, which may be none."""
        if best is None or math.isnan(best):
            return True
        return value < best if self.lower_is_better else value > best

    def in_words(self, value: float) -> str:
        """As `dev BLEU 31.20`."""
        return f"{self.noun} {self.shown(value)}"

    def shown(self, value: float) -> str:
        """The number alone, as `31.20`."""
        return f"{value:.{self.digits}f}"


class Objective(Protocol):
    """What the training loop needs to know of that which is learned.

    A batch is any structure of tensors whose first axes are its rows: a device takes every n-th of them.
    """

    @property
    def measure(self) -> Measure:
        """What better means."""
        ...

    @property
    def batch(self) -> Any:
        """A batch as `tf.TensorSpec`s, so that batches of all shapes share one graph."""
        ...

    def epoch(self, epoch: int, *, skip: int = 0) -> tf.data.Dataset:
        """The batches of an epoch from number `skip` on: the same ones each time, so that a training that was
        killed goes on exactly where it was.
        """
        ...

    def describe(self) -> str:
        """What there is to learn from, in a line for people.

        Raises:
            DataError: nothing is usable; the message says why.
        """
        ...

    def count_tokens(self, batch: Any) -> int:
        """What the speed of a training counts: all pieces of a batch of values, padding left out."""
        ...

    def count_labels(self, batch: Any) -> tf.Tensor:
        """Of how many the loss of a step is the mean: an integer scalar, in the graph."""
        ...

    def loss(self, batch: Any, *, training: bool) -> tf.Tensor:
        """The sum of the losses of a batch's labels, a scalar in nats, in the graph."""
        ...

    def evaluate(self) -> dict[str, float | str]:
        """Measure the translator as it is now with the dev split, on the chief alone: `measure.key` and what
        else is worth a line in the history; JSON, numbers that go into curves and texts.
        """
        ...


@runtime_checkable
class Advancing(Protocol):
    """What an objective has beside the rest, where what is learned changes as the training goes on."""

    def advance(self, updates: int) -> None:
        """Called before every update, with the number of those before it, also of an earlier process."""
        ...
