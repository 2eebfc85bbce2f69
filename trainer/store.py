"""A trained translator on disk: `translator.json`, `weights.npz` and the vocabulary, readable on every
Keras backend.
"""

from __future__ import annotations

import json
from pathlib import Path

from keras import ops

from trainer.config import ModelConfig
from trainer.errors import TrainerError
from trainer.models import Transformer, build_translator
from trainer.training.checkpoint import read_arrays, write_arrays
from trainer.vocabulary import Vocabulary

_FORMAT = 1


def save_translator(translator: Transformer, vocabulary: Vocabulary, folder: Path) -> None:
    """Write the folder that `load_translator` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary.save(folder / "vocabulary")
    names = [variable.path for variable in translator.trainable_variables]
    arrays = [ops.convert_to_numpy(variable) for variable in translator.trainable_variables]
    write_arrays(folder / "weights.npz", arrays, {"names": names})
    facts = {"format": _FORMAT, "model": translator.config.model_dump()}
    (folder / "translator.json").write_text(json.dumps(facts, indent=2) + "\n")


def load_translator(folder: Path) -> tuple[Transformer, Vocabulary]:
    """The translator in float32 with its weights, and its vocabulary.

    Raises:
        TrainerError: the folder holds no translator, a damaged one, or one of a format that is not known.
    """
    try:
        facts = json.loads((folder / "translator.json").read_text())
    except (OSError, ValueError) as error:
        raise TrainerError(
            f"{folder} holds no trained translator ({error}): give a folder that save_translator wrote"
        ) from error
    if facts.get("format") != _FORMAT:
        raise TrainerError(
            f"{folder} has format {facts.get('format')}, and this version reads {_FORMAT}: "
            "train again, or use the version that wrote it"
        )
    vocabulary = Vocabulary.load(folder / "vocabulary")
    translator = build_translator(
        ModelConfig(**facts["model"]),
        vocabulary.source_size,
        vocabulary.target_size,
        shared=vocabulary.shared,
    )
    arrays, _ = read_arrays(folder / "weights.npz")
    for variable, array in zip(translator.trainable_variables, arrays, strict=True):
        variable.assign(array)
    return translator, vocabulary
