"""The folder that a training works in: WORKSPACE/checkpoints/KEY, the same for the same training.

The key is a fingerprint of the inputs and of what is set, so that a key of the configuration that is added
later trains nobody's model again. What is learned, and how, may be of a user's own files: then their code is
in it, and what files hold that settings name; of our code `revision` says when it comes to other weights. It
went by all keys once; a folder of that day is found and renamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from absl import logging
from pydantic_core import to_json

from contracts.settings import as_of, effective_json, named_files, things
from pipeline.code import code_from_outside
from pipeline.fingerprint import fingerprint
from pipeline.steps.train.settings import TrainerSettings
from trainer.config import LIMITS
from trainer.training.settings import MODEL_KEYS, PRESET, TRAINING_KEYS

_LANGUAGES = (("source", "target", "allow_same"), ("source", "target"))
"""All keys of `Languages` while folders were named by all keys, the newest first: never add to them."""
_NO_MATTER = frozenset({"search", "export", f"model.{PRESET}", *(f"training.{limit}" for limit in LIMITS)})


def training_folder(
    checkpoints: Path, settings: TrainerSettings, inputs: Sequence[Path], revision: int
) -> Path:
    """Of this training; it need not be there.

    Args:
        inputs: folders with the vocabulary, the examples and what the training starts from.
        revision: of the training's code.
    """
    mark = f"training revision {revision}"
    learned = (settings.model, settings.training)
    outside = code_from_outside(thing for part in learned for thing in things(part))
    read = [path for part in learned for path in named_files(part)]
    key = fingerprint(
        [*inputs, *read], effective_json(settings, _NO_MATTER), mark, *([outside] if outside else [])
    )
    folder = checkpoints / key
    if not folder.exists() and checkpoints.is_dir():
        for dumped in earlier_dumps(settings):
            earlier = checkpoints / fingerprint(inputs, dumped, mark)
            if earlier.is_dir():
                earlier.rename(folder)
                logging.info("a training under its key of before, %s: %s", earlier.name, folder)
                break
    return folder


def earlier_dumps(settings: TrainerSettings) -> Iterator[str]:
    """What the keys were made of while all keys counted, the newest first; nothing for what could not be set
    then."""
    model = as_of(settings.model, MODEL_KEYS)
    training = as_of(settings.training, TRAINING_KEYS, LIMITS)
    if model is None or training is None or settings.directions:
        return
    for keys in _LANGUAGES:
        languages = as_of(settings.languages, keys)
        if languages is not None:
            parts = {"languages": languages, "model": model, "training": training}
            weights = {"weights": settings.weights} if settings.weights else {}
            yield to_json({**parts, "tokenize": settings.tokenize, **weights}).decode()
