"""From a trained translator to a SavedModel, strings in and out, that a stock TensorFlow Serving runs."""

from trainer.export.check import check_export
from trainer.export.reference import TranslatedSentence, translate
from trainer.export.servable import export_translator

__all__ = ["TranslatedSentence", "check_export", "export_translator", "translate"]
