"""Whether a training can go on from a stored translator, by its shape and its vocabulary: known without
TensorFlow.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.config import RunConfig, targets_of
from pipeline.errors import ConfigurationError
from trainer.errors import DataError, TrainerError
from trainer.facts import VOCABULARY, VocabularyFacts
from trainer.models.base import ArchitectureConfig
from trainer.models.facts import TranslatorFacts


def check_shape(model: ArchitectureConfig, stored: Path, *, whole: bool) -> None:
    """Whether the weights fit the configured model: all of them, or those that both have in common.

    Raises:
        ConfigurationError: they are of another shape; or nobody can tell.
    """
    try:
        had = TranslatorFacts.load(stored).model
    except TrainerError as error:
        raise ConfigurationError(f"training cannot start from {stored}: {error}") from None
    theirs, ours = (config.shape() if whole else config.common() for config in (had, model))
    if had.architecture != model.architecture:
        theirs, ours = ({"architecture": config.architecture} for config in (had, model))
    other = ", ".join(f"{key}: {theirs[key]}, here {ours[key]}" for key in ours if theirs[key] != ours[key])
    if other:
        raise ConfigurationError(
            f"training cannot start from {stored}, a model of another shape ({other}): give `model` its "
            "shape, or start anew (without init_from, or with spans.weights: anew)"
        )


def check_vocabulary(config: RunConfig, stored: Path) -> None:
    """Whether the vocabulary of a stored translator has the pieces that ask for the run's target languages,
    and no others, and as many protected pieces as the run has placeholders.

    Raises:
        ConfigurationError: it has not, or cannot be read.
    """
    folder = stored / VOCABULARY
    if not (folder / VocabularyFacts.FILE).exists():
        return  # The run says so where it needs the pieces.
    try:
        facts = VocabularyFacts.load(folder)
    except DataError as error:
        raise ConfigurationError(f"training cannot start from {stored}: {error}") from None
    wanted = targets_of(config.several_directions)
    if facts.targets != wanted:
        both = facts.targets, wanted
        theirs, ours = (", ".join(targets) if targets else "one language" for targets in both)
        raise ConfigurationError(
            f"training cannot start from {stored}, a model into {theirs}, where this run translates into "
            f"{ours}: name the same `directions`, in their order, or start anew (without init_from, or with "
            "spans.weights: anew)"
        )
    if facts.protected < config.vocabulary.protected:
        raise ConfigurationError(
            f"training cannot start from {stored}, whose vocabulary has {facts.protected} protected pieces, "
            f"where vocabulary.protected asks for {config.vocabulary.protected}: leave it and the "
            "disturbance placeholders out, or start anew (without init_from, or with spans.weights: anew)"
        )
    if config.vocabulary.context and not facts.context:
        raise ConfigurationError(
            f"training cannot start from {stored}, whose vocabulary has no piece before a context: leave "
            "vocabulary.context and the disturbance context out, or start anew (without init_from, or with "
            "spans.weights: anew)"
        )
