"""From a trained translator to a SavedModel, strings in and out, that a stock TensorFlow Serving runs."""

from trainer.export.check import check_export
from trainer.export.reference import Translation, translate
from trainer.export.servable import export_translator

__all__ = ["Translation", "check_export", "export_translator", "translate"]
