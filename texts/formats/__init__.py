"""Readers of corpus files, one format per file. Each streams rows or rejections, and keeps no more than a
row in memory."""
