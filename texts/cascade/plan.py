"""The way of texts through the stages, to a model that somebody else asks, and back.

    step = prepare(texts, options)
    while isinstance(step, Plan):
        step = step.finish(renderings of step.rows)

So callers that wait and callers that do not share it; `translate` is the one that waits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby

from contracts.kinds import Kind, folders
from texts.cascade.answers import Answer, Ask, ModelRow, Rendering, SegmentAnswer, Span
from texts.cascade.attributes import STAGE as ATTRIBUTES
from texts.cascade.attributes import fixed_in_target, segment_in_target, shown_values
from texts.cascade.draft import Draft, Fixed, Segment, Stage
from texts.cascade.options import Options
from texts.cascade.restoring import STAGE as RESTORE
from texts.cascade.restoring import Pending, Query, Restored, whole
from texts.disturbances.context import with_context
from texts.sentences import split
from texts.tags import primary_subtag

STAGES = Kind("stage", "texts.cascade.stages", holds=("PLACE", "take"))
MODEL = "model"
"""Under `milliseconds` what `translate` waited for; in notes what the model cut off."""


@dataclass
class _Work:
    """A segment of a text: where it is, and how far."""

    draft: int
    piece: int
    pending: Pending
    before: str = ""
    """The sentence before it, where the model reads it with that."""
    restored: Restored | None = None

    def row(self, query: Query) -> str:
        """What the model is asked; queries that are asked apart are no sentences, and go alone."""
        return with_context(query.row, self.before) if self._has_context else query.row

    def read(self, rendering: Rendering) -> Rendering:
        """The answer to a row as if it had been asked alone."""
        if not self._has_context or rendering.alignment is None:
            return rendering
        words = len(with_context("", self.before).split())
        links = tuple((source - words, target) for source, target in rendering.alignment if source >= words)
        return replace(rendering, alignment=links)

    @property
    def _has_context(self) -> bool:
        return bool(self.before) and not self.pending.apart


@dataclass
class Plan:
    """What a model has to be asked now, and all that is needed to make answers of what it says."""

    drafts: list[Draft]
    work: list[_Work]
    milliseconds: dict[str, float] = field(default_factory=dict)
    attributes: Plan | None = None
    """Of what their tags have to be translated; None: nothing, or it is."""

    @property
    def rows(self) -> tuple[ModelRow, ...]:
        """All texts' rows, in order, those of their tags first. There may be none."""
        before = self.attributes.rows if self.attributes else ()
        own = (ModelRow(work.row(query), self.drafts[work.draft].source) for work, query in self._open())
        return (*before, *own)

    def finish(self, renderings: Sequence[Rendering]) -> list[Answer] | Plan:
        """Take one rendering a row: the answers, one a text, or what has to be asked further.

        Raises:
            ValueError: there are more or fewer renderings than rows.
        """
        count = len(self.attributes.rows) if self.attributes else 0
        before, own = renderings[:count], renderings[count:]
        for (work, query), rendering in list(zip(self._open(), own, strict=True)):
            query.rendering = work.read(rendering)
            self.drafts[work.draft].asked = True
        if self.attributes:
            step = self.attributes.finish(before)
            if isinstance(step, Plan):
                return self
            self._give(step)
        began = time.perf_counter()
        for work in self.work:
            work.restored = work.restored or work.pending.restored()
        lacking = [work for work in self.work if work.restored is None]
        for work in lacking:
            work.pending = work.pending.in_parts()
        self._took(RESTORE, began)
        if not lacking:
            return self._answers()
        return self if self.rows else self.finish(())

    def _open(self) -> Iterator[tuple[_Work, Query]]:
        for work in self.work:
            if work.restored is None:
                yield from ((work, query) for query in work.pending.queries if query.rendering is None)

    def _give(self, answers: Sequence[Answer]) -> None:
        """Put what their attributes became into the tags."""
        left = iter(answers)
        for draft in self.drafts:
            for value in draft.attributes:
                answer = next(left)
                draft.attributes[value] = answer.text
                draft.asked |= answer.asked
                cut = [segment for segment in answer.segments if segment.truncated]
                draft.note(ATTRIBUTES, value, answer.text, kept=answer.kept and not cut)
                for segment in cut:  # Of sentences a segment says so; a tag's words are in none.
                    draft.note(MODEL, value[slice(*segment.source)], "cut off: too long for it", kept=False)
            draft.pieces = [
                fixed_in_target(piece, draft.attributes) if isinstance(piece, Fixed) else piece
                for piece in draft.pieces
            ]
        for work in self.work:
            translations = self.drafts[work.draft].attributes
            if translations:
                work.pending.segment = segment_in_target(work.pending.segment, translations)
        self.attributes = None

    def _took(self, phase: str, began: float) -> None:
        self.milliseconds[phase] = self.milliseconds.get(phase, 0.0) + 1000 * (time.perf_counter() - began)

    def _answers(self) -> list[Answer]:
        restored: dict[tuple[int, int], Restored] = {
            (work.draft, work.piece): work.restored for work in self.work if work.restored
        }
        return [
            _answer(
                draft,
                [restored.get((number, place)) for place in range(len(draft.pieces))],
                self.milliseconds,
            )
            for number, draft in enumerate(self.drafts)
        ]


def prepare(texts: Sequence[str], options: Options) -> Plan:
    """Take texts apart, stage by stage.

    Raises:
        OptionsError: a stage needs what is not there.
    """
    return _plan([Draft(text, options) for text in texts], {})


def _plan(drafts: list[Draft], milliseconds: dict[str, float]) -> Plan:
    plan = Plan(drafts, [], milliseconds)
    for name, stage in _stages(tuple(folders())):
        began = time.perf_counter()
        for draft in drafts:
            stage.take(draft)
        plan._took(name, began)
    for number, draft in enumerate(drafts):
        before, options = _last_sentence(draft), draft.options
        for place, piece in enumerate(draft.pieces):
            if isinstance(piece, Segment):
                words = " ".join(piece.words.split())
                fits = options.context and len(before) + len(words) <= options.longest
                plan.work.append(_Work(number, place, _pending(piece, options), before if fits else ""))
                before = words
    attributes = [attribute for draft in drafts for attribute in _attributes(draft)]
    plan.attributes = _plan(attributes, milliseconds) if attributes else None
    return plan


def _last_sentence(draft: Draft) -> str:
    """Of what stands before a text, where the model reads it; one longer than a row would not go along."""
    options = draft.options
    if not options.context:
        return ""
    return " ".join(split(options.before[-options.longest :], draft.source).sentences[-1].split())


def _attributes(draft: Draft) -> list[Draft]:
    """What its tags have to be translated, each value as a text."""
    options = draft.options
    languages = {primary_subtag(language).lower() for language in (draft.source, options.target)}
    if options.source is None and len(languages) == 1:
        return []  # It is in the target's language.
    draft.attributes = {value: value for value in shown_values(draft)}
    as_text = replace(options, format="text", source=draft.source or None, before="")
    return [Draft(value, as_text) for value in draft.attributes]


def _pending(segment: Segment, options: Options) -> Pending:
    stand_ins = options.protected or options.stand_ins
    return whole(segment, stand_ins, asks_tags=bool(options.protected) and not options.aligns)


def translate(texts: Sequence[str], options: Options, ask: Ask) -> list[Answer]:
    """Translate texts with a model; what it is asked for is joined over all of them."""
    step: list[Answer] | Plan = prepare(texts, options)
    while isinstance(step, Plan):
        began = time.perf_counter()
        renderings = [
            rendering
            for source, rows in groupby(step.rows, key=lambda row: row.source)
            for rendering in ask([row.text for row in rows], source=source, target=options.target)
        ]
        step._took(MODEL, began)
        step = step.finish(renderings)
    return step


@cache
def _stages(_: tuple[object, ...]) -> list[tuple[str, Stage]]:
    """All stages with their names, in order, as they are found in the users' folders too."""
    stages: list[tuple[str, Stage]] = [(name, STAGES.module(name)) for name in STAGES.names()]  # type: ignore[misc]
    return sorted(stages, key=lambda stage: (stage[1].PLACE, stage[0]))


def _answer(draft: Draft, restored: Sequence[Restored | None], milliseconds: dict[str, float]) -> Answer:
    """A text's answer of its pieces; `restored` has those that were asked for."""
    source = target = 0
    texts: list[str] = []
    segments: list[SegmentAnswer] = []
    notes = list(draft.notes)
    for piece, given in zip(draft.pieces, restored, strict=True):
        text = given.text if given else piece.raw if isinstance(piece, Segment) else piece.text
        if given:
            spans = (source, source + len(piece.raw)), (target, target + len(text))
            links = tuple((_moved(word, source), _moved(other, target)) for word, other in given.links)
            segments.append(SegmentAnswer(*spans, given.score, given.truncated, links))
            notes += given.notes
        source += len(piece.raw)
        target += len(text)
        texts.append(text)
    return Answer(
        "".join(texts),
        draft.detected,
        tuple(segments),
        tuple(notes),
        milliseconds,
        _alternatives(texts, restored),
        draft.asked,
    )


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by


def _alternatives(texts: Sequence[str], restored: Sequence[Restored | None]) -> tuple[str, ...]:
    """The n-th of all segments together; of one that has fewer its best."""
    count = max((len(given.alternatives) for given in restored if given), default=0)
    return tuple(
        "".join(
            given.alternatives[number] if given and number < len(given.alternatives) else text
            for text, given in zip(texts, restored, strict=True)
        )
        for number in range(count)
    )
