"""An English-German corpus that the project makes itself, from a grammar and a lexicon of its own."""

from pipeline.embedded.generator import SEEN, UNSEEN, EmbeddedPairs, Pair, generate

__all__ = ["SEEN", "UNSEEN", "EmbeddedPairs", "Pair", "generate"]
