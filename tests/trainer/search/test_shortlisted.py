"""Each sentence among what its source lists, against brute force; and candidates with ids in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.trainer.search.bigram import END, PIECES, START, Bigram, S, V, attention, table
from tests.trainer.search.heads.test_heads import LIMIT, check, search
from trainer.search.beam import beam_search
from trainer.search.candidates import FORBIDDEN, Candidates
from trainer.search.decoder import BodyWithHead
from trainer.search.diverse import DiverseGroups
from trainer.search.greedy import greedy_search
from trainer.search.heads.full import Full
from trainer.search.interface import Hypotheses, StartingDecoder
from trainer.search.shortlisted import ListedPieces, Lister, ListingBody


class OfSources(Bigram):
    """Whose sentences are read from a source of their own, whatever `search` gives."""

    def __init__(self, scores: np.ndarray, looks: np.ndarray, lists: list[list[int]]) -> None:
        super().__init__(scores, looks)
        self.lister = Lister(self, np.array(lists, np.int32), np.arange(V) == END)


class OfThese(ListingBody):
    """With sources of its own."""

    def __init__(self, model: OfSources, source: list[list[int]]) -> None:
        super().__init__(model, model.lister)
        self._source = tf.constant(source)

    def start(self, source: tf.Tensor, beams: int) -> Any:
        """See `Body.start`."""
        return super().start(self._source[: tf.shape(source)[0]], beams)


@examples(15)
@given(
    seed=st.integers(0, 10_000),
    lists=st.lists(st.tuples(*[st.sampled_from(PIECES)] * 2).map(list), min_size=3, max_size=3),
)
def test_each_sentence_finds_the_best_of_what_it_lists(seed: int, lists: list[list[int]]) -> None:
    scores, looks = table(seed, 2), attention(seed, 2)
    model = OfSources(scores, looks, lists)
    hypotheses = search(BodyWithHead(OfThese(model, [[0, 1, 1], [2, 2, 2]]), ListedPieces(model)), 2)
    for row, pieces in enumerate(({*lists[0], *lists[1]}, {*lists[2]})):
        left = np.full_like(scores[row], -np.inf)
        kept = [*pieces, END]
        left[:, kept] = scores[row][:, kept]
        left -= np.log(np.exp(left).sum(-1, keepdims=True))
        check(
            Hypotheses(*(part[row : row + 1] for part in hypotheses)),
            left[None],
            looks[row : row + 1],
            pieces,
        )


def explored(decoder: StartingDecoder, beams: int, groups: int) -> Hypotheses:
    """The best hypotheses of four sentences."""
    state = decoder.start(tf.zeros([4, S], tf.int32), beams)
    common: dict[str, Any] = {"limits": tf.fill([4], LIMIT), "source_lengths": tf.fill([4], S)}
    if beams == 1:
        return greedy_search(decoder, state, start=START, end=END, **common)
    diverse = DiverseGroups(groups, 0.5, beams, END)
    return beam_search(decoder, state, start=START, end=END, beams=beams, kept=2, selection=diverse, **common)


@pytest.mark.parametrize(("beams", "groups"), [(1, 1), (4, 1), (4, 2)])
def test_where_all_pieces_are_listed_the_search_is_that_over_all(beams: int, groups: int) -> None:
    model = Bigram(table(3, 4), attention(3, 4))
    everything = Lister(model, np.zeros([1, 1], np.int32), np.ones(V, bool))
    listing = explored(BodyWithHead(ListingBody(model, everything), ListedPieces(model)), beams, groups)
    full = explored(BodyWithHead(model, Full(model)), beams, groups)
    for own, wanted in zip(listing, full, strict=True):
        np.testing.assert_allclose(own, wanted, atol=1e-5)


def test_ids_in_common_are_those_of_each_hypothesis() -> None:
    draws = np.random.default_rng(1)
    logits, ids = tf.constant(draws.normal(size=(2, 3, 4)), tf.float32), tf.constant([1, 3, 4, 7])
    common = Candidates(logits, tf.zeros([2, 3]), ids[None, None])
    each = common._replace(ids=tf.broadcast_to(ids, [2, 3, 4]))
    pieces = tf.constant([[[4], [2], [7]], [[1], [1], [3]]])
    for own, wanted in zip(common.best(3), each.best(3), strict=True):
        assert own.numpy().tolist() == wanted.numpy().tolist()
    for ask in (
        lambda candidates: candidates.of(3),
        lambda candidates: candidates.of(5),
        lambda candidates: candidates.at(pieces),
        lambda candidates: candidates.among(pieces, pieces > 1),
        lambda candidates: candidates.forbid_pieces(pieces, pieces > 1).logits,
        lambda candidates: candidates.after(slice(1, 3)).best(2)[1],
    ):
        assert ask(common).numpy().tolist() == ask(each).numpy().tolist()
    assert common.of(5).numpy().tolist() == [[FORBIDDEN] * 3] * 2
