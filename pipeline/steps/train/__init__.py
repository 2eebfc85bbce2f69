"""A translator is trained and exported."""
