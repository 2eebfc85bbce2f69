"""Corpora become examples."""
