"""Versions forward and back: promote, canary, withdraw, rollback, retire. Imports no TensorFlow."""

from serving.rollout.operations import Rollout
from serving.rollout.outcome import RolloutOutcome
from serving.rollout.served import served_version

__all__ = ["Rollout", "RolloutOutcome", "served_version"]
