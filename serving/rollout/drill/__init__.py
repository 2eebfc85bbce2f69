"""The rollout drill: everything that happens to replicas, with processes, while clients are answered."""

from serving.rollout.drill.run import Drill, DrillRow

__all__ = ["Drill", "DrillRow"]
