"""Texts and options in, answers out: what all interfaces do, each in its own words."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from serving.client import Explanation
from serving.gateway.core.admission import Admission
from serving.gateway.core.breaker import Breakers
from serving.gateway.core.cache import AnswerCache, CacheKey
from serving.gateway.core.detection import detect
from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.explaining import explaining_route
from serving.gateway.core.metrics import Metrics
from serving.gateway.core.models import Models
from serving.gateway.core.offer import Offer, Offers, Route
from serving.gateway.core.pivoting import joined
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.threads import Threads
from serving.gateway.core.traces import Traces
from serving.gateway.core.wish import Asked, RequestOutcome, TextOutcome, Wish
from texts import cascade
from texts.cascade import Detected, ModelRow, Note, Options, Plan, Rendering
from texts.cascade.answers import IN_TARGET
from texts.cascade.stages.detect import STAGE

_LONG = 4000
"""Characters from which on texts are worked on in a thread."""
_AT_ONCE = 4
"""Requests of `limits.rows` sentences, after which a document's progress is told: as many as a client has on
their way at a time, so that it costs next to nothing."""

Made = TypeVar("Made")


class _Phases:
    """Milliseconds by phase, and a span of each that is waited for."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self.milliseconds: dict[str, float] = {}

    def add(self, phase: str, milliseconds: float) -> None:
        self.milliseconds[phase] = self.milliseconds.get(phase, 0.0) + milliseconds

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            with self._traces.phase(name):
                yield
        finally:
            self.add(name, (time.perf_counter() - started) * 1000)


@dataclass
class DocumentProgress:
    """How much of a document's sentences is translated; some are asked for again in the end, in parts."""

    tell: Callable[[float], None]
    """Told the share, 0 to 1."""
    done: int = 0
    wanted: int = 0

    def add(self, sentences: int) -> None:
        """So many more are translated."""
        self.done += sentences
        self.tell(self.done / self.wanted)


@dataclass(frozen=True)
class _Job:
    """What all texts of a request share."""

    wish: Wish
    offer: Offer
    source: str | None
    target: str
    """As cards write them."""
    label: str
    phases: _Phases
    progress: DocumentProgress | None = None
    versions: dict[Route, set[int]] = field(default_factory=dict)
    """That have answered so far, by the route that was asked."""
    plain: set[Route] = field(default_factory=set)
    """Routes whose model did not have the alignments that its card promises."""

    @property
    def options(self) -> Options:
        """For the cascade."""
        wish, routes = self.wish, self.offer.between(self.source, self.target)
        # Where the language is detected, any of the models may be asked: what all of them have.
        context = min((route.context for route in routes), default=0)
        options = Options(
            self.target,
            self.source,
            self.offer.sources_of(self.target),
            wish.format,
            wish.split,
            ignore_tags=wish.ignore_tags,
            splitting_tags=wish.splitting_tags,
            non_splitting_tags=wish.non_splitting_tags,
            outline=wish.outline,
            protected=min((route.protected for route in routes), key=len, default=()),
            context=context,
            before=wish.before if context else "",
            aligns=not wish.alternatives and self._aligns,
        )
        return replace(options, **wish.changes)  # type: ignore[arg-type]

    @property
    def _aligns(self) -> bool:
        """Whether the models of a way say alignments; where the language is detected, of one of the ways."""
        sources = self.offer.sources_of(self.target) if self.source is None else (self.source,)
        ways = [self.offer.legs(source, self.target) for source in sources]
        return any(all(leg.has_align for leg in legs) for legs in ways)

    def language(self, detected: str) -> str:
        """That was given out or detected; the first that there is where none could be."""
        return self.source or detected or self.offer.sources_of(self.target)[0]


class Broker:
    """Takes what is wished and has models answer it; of one event loop."""

    def __init__(
        self,
        settings: GatewaySettings,
        offers: Offers,
        admission: Admission,
        metrics: Metrics,
        threads: Threads,
        traces: Traces,
    ) -> None:
        self._settings = settings
        self._offers = offers
        self._admission = admission
        self._metrics = metrics
        self._threads = threads
        self._traces = traces
        tls = settings.tls_to_models
        self._models = Models(settings.limits, tls, Breakers(settings, metrics), traces)
        self._cache = AnswerCache(settings.cache_characters)

    async def translate(self, wish: Wish) -> RequestOutcome:
        """Translate a request's texts, of which `check` has said that they may be, within the deadline.

        Raises:
            GatewayError: it gets no translation, for this reason.
        """
        return await self._in_time(self._translated(wish))

    async def translate_document(
        self, wish: Wish, tell: Callable[[float], None] = lambda _: None
    ) -> RequestOutcome:
        """As `translate`, of texts of any size, whose deadline is the caller's, and which wait for a place
        however many do: a document has been taken already. `tell`: told now and then which share of its
        sentences is translated, 0 to 1.
        """
        return await self._translated(wish, DocumentProgress(tell))

    async def relay(self, route: Route, path: str, message: bytes) -> bytes:
        """Ask the model server of a route what it is asked, and say what it says, both unread.

        Raises:
            GatewayError: UNAVAILABLE or TIMEOUT.
            RefusedError: the model server's own refusal.
        """
        return await self._models.relay(route, self._settings.label, path, message)

    async def detect(self, texts: Sequence[str]) -> list[list[Detected]]:
        """The languages that each text may be in, likeliest first. As `translate`."""
        return await self._in_time(self._detected(texts))

    async def _detected(self, texts: Sequence[str]) -> list[list[Detected]]:
        sources = self._offers.now.sources
        async with self._admission.place():
            return await self._aside(texts, lambda: [detect(text, sources) for text in texts])

    async def explain(self, wish: Wish) -> tuple[Route, Explanation]:
        """What a model makes of a wish's only text, asked as one sentence as it is, and where it looked. As
        `translate`; INVALID where no single model leads from one language to the other.
        """
        return await self._in_time(self._explained(wish))

    async def _explained(self, wish: Wish) -> tuple[Route, Explanation]:
        async with self._admission.place():
            offer = self._offers.now.under(wish.label)
            route = await self._aside(wish.texts, functools.partial(explaining_route, offer, wish))
            label = wish.label or self._settings.label
            return route, await self._models.explain(route, label, wish.texts[0], wished=wish.label)

    async def _in_time(self, made: Awaitable[Made]) -> Made:
        deadline = self._settings.limits.deadline
        try:
            return await asyncio.wait_for(made, deadline)
        except asyncio.TimeoutError:
            raise GatewayError(
                Fault.TIMEOUT, f"not translated within {deadline:g} s: send less at once"
            ) from None

    def check(self, texts: Sequence[str]) -> None:
        """
        Raises:
            GatewayError: TOO_LARGE, these are more than one request may have.
        """
        limits = self._settings.limits
        for size, most in ((len(texts), limits.texts), (sum(map(len, texts)), limits.characters)):
            if size > most:
                raise GatewayError(
                    Fault.TOO_LARGE, f"Invalid request: request ({size}) exceeds text limit ({most})"
                )

    async def _translated(self, wish: Wish, progress: DocumentProgress | None = None) -> RequestOutcome:
        """`progress`: of a document, which is patient."""
        offer = self._offers.now.under(wish.label)
        label = wish.label or self._settings.label
        target = offer.target(wish.target)
        source = None if wish.source is None else offer.source(wish.source)
        job = _Job(wish, offer, source, target, label, _Phases(self._traces), progress)
        async with contextlib.AsyncExitStack() as stack:
            with job.phases.phase("wait"):
                await stack.enter_async_context(self._admission.place(is_patient=progress is not None))
            answers = await self._answers(job)
        is_in_context = source != target and job.options.context > 0
        return RequestOutcome(tuple(answers), target, label, job.phases.milliseconds, is_in_context)

    async def _answers(self, job: _Job) -> list[TextOutcome]:
        """Of all texts in order; those that are kept, or are as wanted already, ask nobody."""
        texts = job.wish.texts
        if job.source == job.target:
            note = Note(STAGE, job.target, IN_TARGET)
            return [TextOutcome(text, job.target, 1.0, notes=(note,)) for text in texts]
        if job.source is not None:
            job.offer.legs(job.source, job.target)  # Or say that there are none.
        models, options = job.offer.models(job.source, job.target, job.label), job.options
        keys = (
            {text: CacheKey(models, options, job.wish.alternatives, job.wish.links, text) for text in texts}
            if models
            else {}
        )
        known = {text: answer for text, key in keys.items() if (answer := self._cache.get(key))}
        self._metrics.kept(len(known))
        new = [text for text in dict.fromkeys(texts) if text not in known]
        for text, answer in zip(new, await self._asked(job, options, new), strict=True):
            known[text] = answer
            answered = {(asked.model, version) for asked in answer.asked for version in asked.versions}
            # Where alignments were promised and another version was there, the answer is not the whole one.
            if text in keys and answered <= keys[text].models and not job.plain:
                self._cache.put(keys[text], answer)
        return [known[text] for text in texts]

    async def _asked(self, job: _Job, options: Options, texts: list[str]) -> list[TextOutcome]:
        """The answers to texts that go through the cascade."""
        step: list[cascade.Answer] | Plan
        with self._traces.phase("prepare"):
            step = await self._aside(texts, functools.partial(cascade.prepare, texts, options))
        while isinstance(step, Plan):
            with job.phases.phase("model"):
                renderings = await self._rendered(job, step.rows)
            with self._traces.phase("finish"):
                step = await self._aside(texts, functools.partial(step.finish, renderings))
        for phase, spent in (step[0].milliseconds if step else {}).items():
            job.phases.add(phase, spent)
        return [_answer(text, answer, job) for text, answer in zip(texts, step, strict=True)]

    async def _rendered(self, job: _Job, rows: Sequence[ModelRow]) -> list[Rendering]:
        """One rendering a row, of all languages at once."""
        places: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            places.setdefault(job.language(row.source), []).append(place)
        if job.progress:
            job.progress.wanted += len(rows)
        calls = [
            asyncio.ensure_future(
                self._in_groups(job, job.offer.legs(source, job.target), [rows[place].text for place in its])
            )
            for source, its in places.items()
        ]
        try:
            by_source = await asyncio.gather(*calls)
        finally:
            for call in calls:  # Where one has failed, nobody waits for the others.
                call.cancel()
        by_place: dict[int, Rendering] = {}
        for its, renderings in zip(places.values(), by_source, strict=True):
            by_place |= zip(its, renderings, strict=True)
        return [by_place[place] for place in range(len(rows))]

    async def _in_groups(self, job: _Job, legs: Sequence[Route], texts: Sequence[str]) -> list[Rendering]:
        """What models make of sentences; of those of a document so many at a time, and then it is told."""
        if job.progress is None:
            return await self._over(job, legs, texts)
        whole: list[Rendering] = []
        size = self._settings.limits.rows * _AT_ONCE
        for start in range(0, len(texts), size):
            group = texts[start : start + size]
            whole += await self._over(job, legs, group)
            job.progress.add(len(group))
        return whole

    async def _over(self, job: _Job, legs: Sequence[Route], texts: Sequence[str]) -> list[Rendering]:
        """What a model makes of sentences, or the second of what the first has made of them."""
        whole: list[Rendering] = []
        for leg in legs:
            alternatives = job.wish.alternatives if leg is legs[-1] else 0
            renderings = await self._counted(job, leg, texts, alternatives)
            whole = list(map(joined, whole, renderings)) if whole else renderings
            texts = [rendering.text for rendering in renderings]
        return whole

    async def _counted(
        self, job: _Job, route: Route, texts: Sequence[str], alternatives: int
    ) -> list[Rendering]:
        """What a model makes of sentences, counted for the version that has answered or should have."""
        started = time.perf_counter()
        version, outcome = str(job.offer.versions.get((route.model, job.label), "")), "cancelled"
        try:
            rendered = await self._models.render(
                route,
                job.label,
                texts,
                wished=job.wish.label,
                alternatives=alternatives,
                aligned=job.wish.links or job.wish.format != "text",
            )
            version, outcome = ",".join(map(str, sorted(rendered.versions))), "ok"
            job.versions.setdefault(route, set()).update(rendered.versions)
            if rendered.is_plain:
                job.plain.add(route)
            return rendered.renderings
        except GatewayError as error:
            outcome = error.fault.value
            raise
        finally:
            seconds = time.perf_counter() - started
            self._metrics.model_asked(
                (route.model, version, job.label), sum(map(len, texts)), seconds, outcome
            )

    async def _aside(self, texts: Sequence[str], work: Callable[[], Made]) -> Made:
        """Its result; in a thread where there is much to do, so that other requests do not wait for it."""
        return await self._threads.run(work) if sum(map(len, texts)) >= _LONG else work()

    async def close(self) -> None:
        """Close the connections to the model servers."""
        await self._models.close()


def _cut(text: str, given: cascade.Answer) -> list[Note]:
    """The sentences that were too long for the model."""
    return [
        Note("model", text[slice(*segment.source)], given.text[slice(*segment.target)], kept=False)
        for segment in given.segments
        if segment.truncated
    ]


def _answer(text: str, given: cascade.Answer, job: _Job) -> TextOutcome:
    detected = given.detected or Detected("", 0.0)
    source = job.language(detected.language)
    legs = job.offer.legs(source, job.target) if given.asked else ()
    answered = [job.versions.get(leg, set()) for leg in legs]
    # What a score means is known of one version's, not of a sum.
    only = (legs[0], answered[0]) if len(legs) == 1 else None
    return TextOutcome(
        given.text,
        source,
        detected.confidence if job.source is None else 1.0,
        given.score,
        tuple(other for other in given.alternatives if other != given.text),
        given.segments,
        tuple(only[0].chance(segment.score, only[1]) if only else None for segment in given.segments),
        (*given.notes, *_cut(text, given)),
        # Of several versions, while a label moves, nobody can say which one a text is of.
        tuple(Asked(leg.model, tuple(sorted(its))) for leg, its in zip(legs, answered, strict=True)),
        legs[0].target if len(legs) > 1 else "",
    )
