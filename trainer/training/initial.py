"""The first weights of a training, taken from another one's by their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np

from trainer.errors import TrainerError
from trainer.models.base import Translator


def weights_by_name(translator: Translator) -> dict[str, np.ndarray]:
    """The trained weights by their Keras paths, as `transformer/encoder_0/attention/output/kernel`, which
    stay the same from version to version.
    """
    variables = translator.trainable_variables
    return {variable.path: keras.ops.convert_to_numpy(variable) for variable in variables}


def take_weights(translator: Translator, weights: Mapping[str, np.ndarray]) -> list[str]:
    """Give the translator the weights that have the name and the shape of one of its own.

    Returns:
        Lines for people: what was taken, what was not, and why.

    Raises:
        TrainerError: none fits.
    """
    ours = {variable.path: variable for variable in translator.trainable_variables}
    taken, reshaped = [], []
    for name in [name for name in ours if name in weights]:
        if weights[name].shape == tuple(ours[name].shape):
            ours[name].assign(weights[name])
            taken.append(name)
        else:
            reshaped.append(
                f"{_short(name)} {list(weights[name].shape)}, here {list(map(int, ours[name].shape))}"
            )
    lines = _report(
        taken, reshaped, [name for name in ours if name not in weights], [n for n in weights if n not in ours]
    )
    if not taken:
        raise TrainerError(
            "training cannot start from these weights, none fits: "
            f"{'; '.join(lines[1:])}; give `model` the shape that they have, or start anew"
        )
    return lines


def _report(
    taken: Sequence[str], reshaped: Sequence[str], absent: Sequence[str], unused: Sequence[str]
) -> list[str]:
    ours = len(taken) + len(reshaped) + len(absent)
    if len(taken) == ours and not unused:
        return [f"initial weights: all {ours} taken"]
    lines = [f"initial weights: {len(taken)} of {ours} taken: {_by_layer(taken)}"]
    if reshaped:
        lines.append(f"not taken, of another shape: {', '.join(reshaped)}")
    if absent:
        lines.append(f"begin fresh, absent there: {_by_layer(absent)}")
    if unused:
        lines.append(f"left there, absent here: {_by_layer(unused)}")
    return lines


def _by_layer(names: Iterable[str]) -> str:
    """`encoder_0 (12), encoder_1 (12)`"""
    counts = Counter(_short(name).split("/")[0] for name in names)
    return ", ".join(f"{layer} ({count})" for layer, count in counts.items()) or "nothing"


def _short(name: str) -> str:
    """Without the model's own name."""
    return name.partition("/")[2] or name
