"""Dragoman's command line. It knows every room; no room knows it."""
