"""Our own messages as the service has them: wishes of requests, answers as messages."""

from __future__ import annotations

from collections.abc import Sequence

from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.wish import MOST_ALTERNATIVES, TextOutcome, Wish
from serving.wire import translation_pb2 as wire
from texts.cascade import Format, SegmentAnswer, Splitting

_FORMATS: dict[int, Format] = {
    wire.FORMAT_UNSPECIFIED: "text",
    wire.FORMAT_TEXT: "text",
    wire.FORMAT_HTML: "html",
    wire.FORMAT_XML: "xml",
    wire.FORMAT_MARKDOWN: "markdown",
}
_SPLITTINGS: dict[int, Splitting] = {
    wire.SPLIT_UNSPECIFIED: "on",
    wire.SPLIT_ON: "on",
    wire.SPLIT_OFF: "off",
    wire.SPLIT_NEWLINES: "newlines",
    wire.SPLIT_NONEWLINES: "nonewlines",
}


def wish(texts: Sequence[str], options: wire.Options, label: str | None) -> Wish:
    """
    Raises:
        GatewayError: INVALID, an option that means nothing, or no target.
    """
    if not options.target:
        raise GatewayError(Fault.INVALID, "missing: options.target")
    if options.format not in _FORMATS:
        raise GatewayError(Fault.INVALID, f"there is no format {options.format}")
    if options.split not in _SPLITTINGS:
        raise GatewayError(Fault.INVALID, f"there is no split {options.split}")
    if options.alternatives > MOST_ALTERNATIVES:
        raise GatewayError(Fault.INVALID, f"alternatives are at most {MOST_ALTERNATIVES}")
    return Wish(
        tuple(texts),
        options.target,
        options.source or None,
        _FORMATS[options.format],
        _SPLITTINGS[options.split],
        ignore_tags=tuple(options.ignore_tags),
        alternatives=options.alternatives,
        links=options.links,
        label=label,
    )


def answer(given: TextOutcome) -> wire.Answer:
    """As the message says it."""
    return wire.Answer(
        text=_unicode(given.text),
        source=given.source,
        confidence=given.confidence,
        score=given.score,
        alternatives=map(_unicode, given.alternatives),
        segments=[
            _segment(segment, chance) for segment, chance in zip(given.segments, given.chances, strict=True)
        ],
        notes=[
            wire.Note(stage=note.stage, took=_unicode(note.took), gave=_unicode(note.gave), kept=note.kept)
            for note in given.notes
        ],
        model=given.model,
        versions=given.versions,
        pivot=given.pivot,
        asked=[wire.Asked(model=model.model, versions=model.versions) for model in given.asked],
    )


def _segment(segment: SegmentAnswer, chance: float | None) -> wire.Segment:
    return wire.Segment(
        source=_span(segment.source),
        target=_span(segment.target),
        score=segment.score,
        truncated=segment.truncated,
        links=[wire.Link(source=_span(source), target=_span(target)) for source, target in segment.links],
        confidence=chance,
    )


def _span(span: tuple[int, int]) -> wire.Span:
    return wire.Span(begin=span[0], end=span[1])


def _unicode(text: str) -> str:
    """What is no Unicode, as half of a surrogate pair that a stage cut, cannot go into a message."""
    return text.encode("utf-8", "replace").decode()
