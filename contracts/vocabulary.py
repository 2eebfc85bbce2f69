"""The pieces that every vocabulary has, under the same ids."""

from __future__ import annotations

PAD, UNK, BOS, EOS = range(4)
"""Ids of `<pad>`, `<unk>`, `<s>` and `</s>`."""
