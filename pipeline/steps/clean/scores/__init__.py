"""Scores of sentence pairs, a file each; its name is the key in the section `cleaning`."""
