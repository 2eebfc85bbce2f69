"""What a training learns: one file an objective, found by the word of `training.objective`."""
