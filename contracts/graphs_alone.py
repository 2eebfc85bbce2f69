"""Starting a process that runs graphs alone: a model server, or the check of an export."""

from __future__ import annotations

import sys

_LEFT_OUT = ("keras", "tf_keras", "jax", "googleapiclient")


def leave_out() -> None:
    """Before TensorFlow is imported, which goes on without what cannot be.

    It imports Keras by itself, and with it pandas and matplotlib: a third of the start and 130 MB; for
    TensorFlow Lite and a cluster's resolver JAX and Google's client, a tenth of what is left.
    """
    for name in _LEFT_OUT:
        sys.modules[name] = None  # type: ignore[assignment]
