"""`python -m serving.server`."""

import gc
import sys

_LEFT_OUT = ("keras", "tf_keras", "jax", "googleapiclient")


def _leave_out() -> None:
    """TensorFlow imports Keras by itself, and with it pandas and matplotlib: a third of the start and 130 MB;
    for TensorFlow Lite and a cluster's resolver JAX and Google's client, a tenth of what is left.

    A server runs graphs; TensorFlow goes on without what cannot be imported.
    """
    for name in _LEFT_OUT:
        sys.modules[name] = None  # type: ignore[assignment]


if __name__ == "__main__":
    _leave_out()
    gc.disable()
    from serving.server.main import main

    # What is imported stays: a collection that went through it would hold up answers.
    gc.freeze()
    gc.enable()
    sys.exit(main())
