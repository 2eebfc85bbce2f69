"""A trained translator on disk: `translator.json`, `weights.npz` and the vocabulary, readable on every
Keras backend.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
from keras import ops

from trainer.arrays import read_arrays, write_arrays
from trainer.errors import TrainerError
from trainer.facts import VOCABULARY, WEIGHTS
from trainer.models.base import Translator
from trainer.models.build import build_translator
from trainer.models.facts import TranslatorFacts
from trainer.vocabulary import Vocabulary

_NUMBER = re.compile(r"_\d+(?=/|$)")
"""As Keras puts it behind the name of a layer that has none of its own."""


def save_translator(translator: Translator, vocabulary: Vocabulary, folder: Path) -> None:
    """Write the folder that `load_translator` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary.save(folder / VOCABULARY)
    names = [variable.path for variable in translator.trainable_variables]
    arrays = [ops.convert_to_numpy(variable) for variable in translator.trainable_variables]
    write_arrays(folder / WEIGHTS, arrays, {"names": names})
    TranslatorFacts(translator.config).save(folder)


def load_translator(folder: Path) -> tuple[Translator, Vocabulary]:
    """The translator in float32 with its weights, and its vocabulary.

    Raises:
        TrainerError: the folder holds no translator, a damaged one, one of a format that is not known, or
            weights of another model, or an architecture that is not here.
    """
    config = TranslatorFacts.load(folder).model
    vocabulary = Vocabulary.load(folder / VOCABULARY)
    translator = build_translator(
        config,
        vocabulary.source_size,
        vocabulary.target_size,
        shared=vocabulary.shared,
    )
    arrays, stored = read_arrays(folder / WEIGHTS)
    _require_same_weights(folder, translator, stored.get("names", []), arrays)
    for variable, array in zip(translator.trainable_variables, arrays, strict=True):
        variable.assign(array)
    return translator, vocabulary


def load_weights(folder: Path) -> dict[str, np.ndarray]:
    """The weights of a stored translator by their names, whatever model they are of.

    Raises:
        TrainerError: they cannot be read.
    """
    arrays, stored = read_arrays(folder / WEIGHTS)
    names = stored.get("names", [])
    if len(names) != len(arrays):
        raise TrainerError(
            f"{folder / WEIGHTS} names {len(names)} weights and holds {len(arrays)}: give another folder"
        )
    return dict(zip(names, arrays, strict=True))


def _require_same_weights(
    folder: Path, translator: Translator, names: Sequence[str], arrays: Sequence[np.ndarray]
) -> None:
    """Weights are assigned in their order: each must be the one that the model has at its place."""
    expected = [(variable.path, tuple(variable.shape)) for variable in translator.trainable_variables]
    stored = list(zip(names, (array.shape for array in arrays), strict=False))
    for ours, theirs in zip_longest(expected, stored, fillvalue=("nothing", ())):
        if ours == theirs:
            continue
        if _NUMBER.sub("", ours[0]) == _NUMBER.sub("", theirs[0]) and ours[1] == theirs[1]:
            raise TrainerError(
                f"{folder / WEIGHTS} holds {theirs[0]} where the model has {ours[0]}: a layer of the "
                "architecture has no name of its own, and Keras numbers such layers anew in each process; "
                "give every layer and weight a name (docs/training.md) and train again"
            )
        raise TrainerError(
            f"{folder / WEIGHTS} holds {_words(theirs)} where the model has {_words(ours)}: the "
            "folder's files are not of one save, or another version wrote them; use that version, or "
            "train again"
        )


def _words(weight: tuple[str, tuple[int, ...]]) -> str:
    name, shape = weight
    return f"{name} {list(shape)}" if shape else name
