"""`python -m serving.server`."""

import sys


def _leave_keras_out() -> None:
    """TensorFlow imports Keras by itself, and with it pandas and matplotlib: a third of the start and 130 MB.

    A server runs graphs; TensorFlow goes on without Keras when it cannot be imported.
    """
    sys.modules["keras"] = None  # type: ignore[assignment]
    sys.modules["tf_keras"] = None  # type: ignore[assignment]


if __name__ == "__main__":
    _leave_keras_out()
    from serving.server.main import main

    sys.exit(main())
