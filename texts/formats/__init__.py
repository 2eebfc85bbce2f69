"""Corpus formats, one per file, found by the word `format:`. Readers stream rows or rejections, and keep no
more than a row in memory."""
