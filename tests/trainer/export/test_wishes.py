"""Prefixes and phrases of a request, read inside the graph."""

from __future__ import annotations

import tensorflow as tf

from trainer.config import VocabularyConfig
from trainer.export.text import Text
from trainer.export.wishes import MOST_IN_ALL, WishReader
from trainer.vocabulary import Vocabulary, learn_vocabulary


def test_a_phrase_whose_first_character_has_no_piece_is_not_looked_for() -> None:
    few = learn_vocabulary(VocabularyConfig(size=24, byte_fallback=False), ["one"] * 3, ["两只狗 一只"] * 3)
    wishes = WishReader(Text(few)).read(tf.constant(["", ""]), tf.constant(["猫只狗", "只狗"]))
    lengths = wishes.phrases.lengths.numpy()[:, 0].tolist()
    assert lengths[0] == 0
    assert lengths[1] > 0


def test_the_pieces_of_all_phrases_of_a_row_are_limited(vocabulary: Vocabulary) -> None:
    long = "qwertyuiopq"  # of a piece a character or so
    wishes = WishReader(Text(vocabulary)).read(
        tf.constant(["", ""]), tf.constant(["\n".join([long] * 12 + ["acht"]), long])
    )
    lengths = wishes.phrases.lengths.numpy()
    [size, *_] = lengths[1]
    assert MOST_IN_ALL / 12 < size <= MOST_IN_ALL
    assert lengths[0, : MOST_IN_ALL // size].tolist() == [size] * (MOST_IN_ALL // size)
    assert lengths[0].sum() <= MOST_IN_ALL
    assert wishes.phrases.pieces.numpy()[0, 11].max() == -1  # cut out, and told in `unmet`
