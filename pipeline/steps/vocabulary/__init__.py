"""SentencePiece models of the training sentences."""
