"""Sentence pairs as examples: their files, their splits, and sentences drawn from them."""
