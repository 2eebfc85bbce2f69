"""Scores of sentence pairs, and the rules that accept or reject a pair by its scores."""
