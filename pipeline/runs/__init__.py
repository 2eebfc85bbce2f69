"""A run: what it would do, doing it, and what it came to."""
