"""What is done to a text before a model is asked: a file a stage, with its `PLACE` among the others."""
