"""What can go wrong in the trainer; every message names the cause and the cure."""


class TrainerError(Exception):
    """Base of all errors of this package."""


class ConfigurationError(TrainerError):
    """What a machine was told does not fit the training: TF_CONFIG is missing or wrong."""


class DataError(TrainerError):
    """The training data cannot be used: no usable sentence, vocabulary larger than the data allows."""


class VocabularyTooLargeError(DataError):
    """The sentences do not allow so many pieces."""


class TrainingDivergedError(TrainerError):
    """The loss or a gradient is not finite any more."""


class ExportError(TrainerError):
    """The exported model does not load or does not answer as the trainer's search does."""
