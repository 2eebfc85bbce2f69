"""Of the models and their parts."""
