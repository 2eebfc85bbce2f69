"""An English-German corpus that the project makes itself, from a grammar and a lexicon of its own."""

from grammar.generator import SEEN, UNSEEN, EmbeddedPairs, Pair, generate

__all__ = ["SEEN", "UNSEEN", "EmbeddedPairs", "Pair", "generate"]
