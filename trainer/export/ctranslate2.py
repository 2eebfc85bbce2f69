"""A translator as a CTranslate2 model (https://opennmt.net/CTranslate2/), with the same weights.

The folder also holds `source.spm` and `target.spm`, the SentencePiece models that cut text into its pieces.
"""

from __future__ import annotations

from pathlib import Path

from trainer.errors import ExportError
from trainer.models.base import Translator, optional
from trainer.vocabulary import Vocabulary


def export_ctranslate2(translator: Translator, vocabulary: Vocabulary, directory: Path) -> None:
    """Write the translator as a float32 CTranslate2 model, and its SentencePiece models beside it.

    Raises:
        ExportError: CTranslate2 does not know the architecture.
    """
    make = optional(translator.config, "ctranslate2_spec")
    if make is None:
        raise ExportError(
            f"the architecture {translator.config.architecture} has no form for CTranslate2: serve the "
            "SavedModel, or give its module a function ctranslate2_spec"
        )
    spec = make(translator)
    spec.register_source_vocabulary(vocabulary.source_pieces())
    spec.register_target_vocabulary(vocabulary.target_pieces())
    spec.config.add_source_eos = True
    spec.validate()
    directory.mkdir(parents=True, exist_ok=True)
    spec.save(str(directory))
    (directory / "source.spm").write_bytes(vocabulary.source_model)
    (directory / "target.spm").write_bytes(vocabulary.target_model)
