"""The weights that a training starts from: fresh ones, those of the version that the candidate is compared
with (`spans.weights`), or of what `init_from` names. Known without TensorFlow.

Weights are taken by their names. What `init_from` names may be a deeper or a shallower model, or have other
feed-forward layers or another output layer: what both have in common is taken, the rest begins fresh, and the
training says which is which. A served version is gone on from whole or not at all.
"""

from __future__ import annotations

from pathlib import Path

from contracts.card import EXTRA, TRANSLATOR
from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError
from pipeline.steps.baseline.baseline import baseline
from pipeline.steps.baseline.fitting import check_shape, check_vocabulary
from trainer.facts import DESCRIPTION

_TRAINERS = ("Trainer", "Trainer-*")
"""The component without a name among the trainings of a run, whose result is what the run is for; and those
that have one."""


def initial_translator(config: RunConfig, before: Path | None) -> Path | None:
    """The stored translator from whose weights the training starts; None: from fresh ones. `before` is the
    baseline.

    Raises:
        ConfigurationError: `init_from` names nothing that holds one, or one of another shape; or the
            vocabulary that comes with it has not what the run asks for.
    """
    if config.init_from is None:
        stored = continued(config, before)
    else:
        stored = stored_translator(config.init_from.absolute())
        check_shape(config.model, stored, whole=False)
    if stored is not None:
        check_vocabulary(config, stored)
    return stored


def continued(config: RunConfig, before: Path | None) -> Path | None:
    """The translator in the baseline, where an incremental run goes on from it; None: fresh weights."""
    if before is None or config.spans is None or config.spans.weights == "anew":
        return None
    stored = before / EXTRA / TRANSLATOR
    return stored if (stored / DESCRIPTION).is_file() else None


def stored_translator(folder: Path) -> Path:
    """The translator in a version's folder, in a workspace (its newest, one of a training with a name only
    where there is no other), or the folder itself.

    Raises:
        ConfigurationError: there is none.
    """
    for place in (folder, folder / EXTRA / TRANSLATOR):
        if (place / DESCRIPTION).is_file():
            return place
    for component in _TRAINERS:
        trained = folder.glob(f"artifacts/{component}/model_run/*/{TRANSLATOR}/{DESCRIPTION}")
        if newest := max((path.parent for path in trained), key=_execution, default=None):
            return newest
    raise ConfigurationError(
        f"init_from: {folder} holds no trained translator: give the folder of a version (MODEL_ROOT/NAME/2, "
        "pushed by a Dragoman that keeps its translator with it), a workspace (runs/NAME), or a folder that "
        "save_translator wrote"
    )


def _execution(translator: Path) -> int:
    """Of an artifact ARTIFACTS/COMPONENT/model_run/EXECUTION; they are numbered across components."""
    number = translator.parent.name
    return int(number) if number.isdecimal() else -1


def weights_note(config: RunConfig, version: int | None = None) -> str:
    """What a user is told of the weights that a training begins with, if it begins; `version` as in
    `baseline`."""
    if config.init_from is not None:
        return f"initial weights: those of {stored_translator(config.init_from.absolute())}"
    if config.spans is None or config.spans.weights == "anew":
        return "initial weights: fresh"
    before = baseline(config, version)
    if before is None:
        return "initial weights: fresh, as no version serves yet"
    if continued(config, before) is None:
        return f"initial weights: fresh, as {before} was pushed without its translator"
    return f"initial weights: those of {before}"
