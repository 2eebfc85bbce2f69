"""How the weights are found."""

from trainer.training.train import TrainingResult, train

__all__ = ["TrainingResult", "train"]
