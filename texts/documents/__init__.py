"""Documents through the cascade: their words out, translated words in, all else as it was.

A format is a file in this folder: `documents.base` says what it must have.
"""
