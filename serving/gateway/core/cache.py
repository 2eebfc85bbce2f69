"""Answers that were given before, by all that an answer depends on."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from serving.gateway.core.wish import TextOutcome
from texts.cascade import Options


@dataclass(frozen=True)
class CacheKey:
    """What an answer depends on: the versions that may give it, not the label that leads there, so that what
    was kept is right again after a rollback, and nobody gets what a version says that is no longer meant.
    """

    models: frozenset[tuple[str, int]]
    """With their versions: those that translate into the language that is wanted."""
    options: Options
    alternatives: int
    links: bool
    text: str


class AnswerCache:
    """So many characters of texts and answers at most; what was not asked for the longest leaves first."""

    def __init__(self, characters: int) -> None:
        self._room = characters
        self._kept: OrderedDict[CacheKey, TextOutcome] = OrderedDict()
        self._size = 0

    def get(self, key: CacheKey) -> TextOutcome | None:
        """The answer, None where it is not kept."""
        answer = self._kept.get(key)
        if answer is not None:
            self._kept.move_to_end(key)
        return answer

    def put(self, key: CacheKey, answer: TextOutcome) -> None:
        """Keep an answer; one that is larger than all the room is not kept."""
        size = _characters(key, answer)
        if size > self._room or key in self._kept:
            return
        self._kept[key] = answer
        self._size += size
        while self._size > self._room:
            self._size -= _characters(*self._kept.popitem(last=False))


def _characters(key: CacheKey, answer: TextOutcome) -> int:
    options = key.options
    tags = (*options.ignore_tags, *options.splitting_tags, *options.non_splitting_tags)
    texts = sum(map(len, (key.text, options.before, answer.text, *answer.alternatives, *tags)))
    notes = sum(len(note.took) + len(note.gave) for note in answer.notes)
    pieces = len(answer.notes) + sum(1 + len(segment.links) for segment in answer.segments)
    return texts + notes + _OWN + _PIECE * pieces


_OWN = 500
"""For what an answer has beside its texts, in characters: it must not be free."""
_PIECE = 100
"""For each sentence, pair of words and note of it: a text of short ones would be nearly free."""
