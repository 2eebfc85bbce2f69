"""Translators, one file or folder an architecture, written in `keras.ops` so that they train on every Keras
backend.

What an architecture is stands in `base`. This package and an architecture's module load without Keras, which
takes seconds that a look at a configuration should not cost.
"""
