"""Versions forward and back: promote, canary, rollback, retire. Imports no TensorFlow."""

from serving.rollout.served import served_version

__all__ = ["served_version"]
