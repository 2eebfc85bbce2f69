"""On which devices of this machine a translator is trained."""

from __future__ import annotations

import tensorflow as tf


def choose_strategy(name: str) -> tf.distribute.Strategy:
    """`auto`: mirrored over the GPUs where there are several, else one device."""
    gpus = tf.config.list_logical_devices("GPU")
    if name == "mirrored":
        return tf.distribute.MirroredStrategy(
            [device.name for device in gpus or tf.config.list_logical_devices("CPU")]
        )
    if name == "auto" and len(gpus) > 1:
        return tf.distribute.MirroredStrategy([device.name for device in gpus])
    return tf.distribute.get_strategy()
