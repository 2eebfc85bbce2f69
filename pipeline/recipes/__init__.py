"""Which steps a run has, in which order."""
