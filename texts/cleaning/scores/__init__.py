"""Scores of sentence pairs, a file each; its name is the key in the section `cleaning`."""

from contracts.kinds import Kind

SCORES = Kind("cleaning score", __name__)
"""Here, not in `base`: the configuration asks for their names, and does without what measures."""
