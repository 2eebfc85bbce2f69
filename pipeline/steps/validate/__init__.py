"""Examples that do not fit their schema stop the run."""
