"""From an exported model to a visible version: numbered, warmed up, described, in one rename."""

from pipeline.push.atomic import push
from pipeline.push.card import ModelCard

__all__ = ["ModelCard", "push"]
