"""Who multiplies, by the size of what a model server serves.

oneDNN, which TensorFlow takes by itself on processors with wide vectors, prepares each product before it
multiplies: small ones are done sooner without it, large ones with it (docs/results/onednn.md). TensorFlow
asks for its variable once: so the largest model that is there at the start decides, until the server is
started again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from serving.threads import largest_weights

VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
"""TensorFlow's, which switches it on (1) and off (0)."""
SMALL_BYTES = 64 << 20
"""Bytes of a version's weights (see `serving.threads.weight_bytes`) up to which its products are small.
Chosen: measured are 19 and 175 MiB (docs/results/onednn.md)."""


def is_worth_it(weights: int) -> bool:
    """For a model of so many bytes of weights."""
    return weights > SMALL_BYTES


def environment(folders: Iterable[Path]) -> dict[str, str]:
    """For a server with these base paths: what is said here stands, else small models go without."""
    if VARIABLE in os.environ:
        return {VARIABLE: os.environ[VARIABLE]}  # A container inherits nothing.
    return {} if is_worth_it(largest_weights(folders)) else {VARIABLE: "0"}
