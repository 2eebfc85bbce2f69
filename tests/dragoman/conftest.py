"""The command line is asked against the servers of tests/serving."""

from tests.serving.conftest import live, model

__all__ = ["live", "model"]
