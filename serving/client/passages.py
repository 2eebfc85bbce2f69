"""Sources of any number of sentences on their way through a model that takes one at a time.

They are taken apart as requests are filled, and put together as answers come; no more is held than the
requests under way are about.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Generic, cast

from serving.client.requests import Alignment, Alternatives, Answer, Translation, check_sources
from serving.client.settings import ClientSettings
from serving.client.suspicion import is_too_short
from texts.sentences import Passage, split

Joined = Callable[[Passage, Sequence[Answer]], Answer]


class Passages(Generic[Answer]):
    """One translation's sources: rows for the model out, answers of rows in, answers of sources out."""

    def __init__(self, settings: ClientSettings, sources: Iterable[str], join: Joined[Answer] | None) -> None:
        """`join` makes one answer of those of a source's sentences; None: a source is one row, as it is."""
        self._settings, self._sources = settings, check_sources(sources)
        self._join: Joined[Answer] | None = join
        self._waiting: deque[Passage] = deque()
        self._answered: list[Answer] = []

    def rows(self) -> Iterator[str]:
        """What the model is asked, in order."""
        for source in self._sources:
            passage = (
                split(source, self._settings.source_language) if self._join else Passage((source,), ("", ""))
            )
            self._waiting.append(passage)
            yield from passage.sentences

    def finished(self, answer: Answer) -> Iterator[Answer]:
        """Take the next row's answer; the answer to a source, if this was its last row."""
        passage = self._waiting[0]
        row = passage.sentences[len(self._answered)]
        self._answered.append(self._judged(row, answer))
        if len(self._answered) == len(passage.sentences):
            yield self._join(passage, self._answered) if self._join else self._answered[0]
            self._waiting.popleft()
            self._answered = []

    def _judged(self, row: str, answer: Answer) -> Answer:
        text = next(iter(answer.texts), "") if isinstance(answer, Alternatives) else answer.text
        if isinstance(answer, Alignment):
            answer = cast("Answer", answer.of_source(row))
        languages = self._settings.source_language, self._settings.target_language
        return replace(answer, too_short=True) if is_too_short(row, text, *languages) else answer


def join_translations(passage: Passage, parts: Sequence[Translation]) -> Translation:
    """The sentences' translations with the source's white space between them.

    The score is the mean of theirs, weighted by the sentences' lengths in characters; a flag of one is a flag
    of all.
    """
    text = passage.joined([part.text for part in parts])
    if len(parts) == 1:
        return replace(parts[0], text=text)
    scores = [part.score for part in parts]
    return Translation(text, _mean(passage, scores), *_flags(parts), version=parts[0].version)


def join_alternatives(passage: Passage, parts: Sequence[Alternatives]) -> Alternatives:
    """The K best ways to choose one hypothesis for each sentence, scored as `join_translations` does."""
    if len(parts) == 1:
        return replace(parts[0], texts=tuple(passage.joined([text]) for text in parts[0].texts))
    kept = min(len(part.texts) for part in parts)
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for part, weight in zip(parts, _weights(passage), strict=True):
        longer = (
            (total + weight * score, (*chosen, index))
            for total, chosen in best
            for index, score in enumerate(part.scores)
        )
        # Exact: a best choice for all begins with one of the best for the first.
        best = heapq.nlargest(kept, longer, key=lambda choice: choice[0])
    return _choose(passage, parts, [chosen for _, chosen in best])


def join_samples(passage: Passage, parts: Sequence[Alternatives]) -> Alternatives:
    """Of each draw the sentences' translations, scored as `join_translations` does."""
    kept = min(len(part.texts) for part in parts)
    return _choose(passage, parts, [(number,) * len(parts) for number in range(kept)])


def _choose(
    passage: Passage, parts: Sequence[Alternatives], choices: Sequence[tuple[int, ...]]
) -> Alternatives:
    """Hypotheses, each of one hypothesis for each sentence."""
    texts = tuple(
        passage.joined([part.texts[index] for part, index in zip(parts, chosen, strict=True)])
        for chosen in choices
    )
    scores = tuple(
        _mean(passage, [part.scores[index] for part, index in zip(parts, chosen, strict=True)])
        for chosen in choices
    )
    return Alternatives(texts, scores, *_flags(parts), version=parts[0].version)


def _flags(parts: Sequence[Translation] | Sequence[Alternatives]) -> tuple[bool, bool]:
    return any(part.truncated for part in parts), any(part.too_short for part in parts)


def _mean(passage: Passage, scores: Sequence[float]) -> float:
    weights = _weights(passage)
    return sum(weight * score for weight, score in zip(weights, scores, strict=True)) / sum(weights)


def _weights(passage: Passage) -> list[int]:
    return [max(len(sentence), 1) for sentence in passage.sentences]
