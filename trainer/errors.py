"""What can go wrong in the trainer; every message names the cause and the cure."""

from __future__ import annotations

from contracts.errors import ConfigurationError, DataError, DragomanError

__all__ = [
    "ConfigurationError",
    "DataError",
    "ExportError",
    "TrainerError",
    "TrainingDivergedError",
    "VocabularyTooLargeError",
]


class TrainerError(DragomanError):
    """Base of the errors that only this package has."""


class VocabularyTooLargeError(DataError):
    """The sentences do not allow so many pieces."""


class TrainingDivergedError(TrainerError):
    """The loss or a gradient is not finite any more."""


class ExportError(TrainerError):
    """The exported model does not load or does not answer as the trainer's search does."""
