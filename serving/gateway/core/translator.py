"""Texts and options in, answers out: what all interfaces do, each in its own words."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from serving.gateway.core.admission import Admission
from serving.gateway.core.cache import AnswerCache, CacheKey
from serving.gateway.core.detection import detect
from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.metrics import Metrics
from serving.gateway.core.models import Models
from serving.gateway.core.offer import Offer, Offers, Route
from serving.gateway.core.settings import GatewaySettings
from serving.gateway.core.wish import Answer, Outcome, Wish
from texts import cascade
from texts.cascade import Detected, Options, Plan, Rendering

_LONG = 4000
"""Characters from which on texts are worked on in a thread."""

Made = TypeVar("Made")


class _Stages:
    """Milliseconds by stage."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}

    def add(self, stage: str, milliseconds: float) -> None:
        self.milliseconds[stage] = self.milliseconds.get(stage, 0.0) + milliseconds

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, (time.perf_counter() - started) * 1000)


@dataclass(frozen=True)
class _Job:
    """What all texts of a request share."""

    wish: Wish
    offer: Offer
    target: str
    label: str
    stages: _Stages

    def options(self, source: str) -> Options:
        wish = self.wish
        return Options(
            self.target,
            source,
            format=wish.format,
            split=wish.split,
            ignore_tags=wish.ignore_tags,
            splitting_tags=wish.splitting_tags,
            non_splitting_tags=wish.non_splitting_tags,
            outline=wish.outline,
        )


class Translator:
    """The service; of one event loop."""

    def __init__(
        self, settings: GatewaySettings, offers: Offers, admission: Admission, metrics: Metrics
    ) -> None:
        self._settings = settings
        self._offers = offers
        self._admission = admission
        self._metrics = metrics
        self._models = Models(settings.limits)
        self._cache = AnswerCache(settings.cache_characters)

    async def translate(self, wish: Wish) -> Outcome:
        """Translate a request's texts, within the deadline.

        Raises:
            GatewayError: it gets no translation, for this reason.
        """
        self._check(wish)
        return await self._within(wish, self._settings.limits.deadline)

    async def translate_document(self, wish: Wish) -> Outcome:
        """As `translate`, of texts of any size, in the time that a document has."""
        return await self._within(wish, self._settings.limits.document_seconds)

    async def _within(self, wish: Wish, deadline: float) -> Outcome:
        try:
            return await asyncio.wait_for(self._translated(wish), deadline)
        except asyncio.TimeoutError:
            raise GatewayError(
                Fault.TIMEOUT, f"not translated within {deadline:g} s: send less at once"
            ) from None

    def _check(self, wish: Wish) -> None:
        limits = self._settings.limits
        for size, most in ((len(wish.texts), limits.texts), (wish.characters, limits.characters)):
            if size > most:
                raise GatewayError(
                    Fault.TOO_LARGE, f"Invalid request: request ({size}) exceeds text limit ({most})"
                )

    async def _translated(self, wish: Wish) -> Outcome:
        offer = self._offers.now
        label = wish.label or self._settings.label
        job = _Job(wish, offer, offer.target(wish.target), label, _Stages())
        async with contextlib.AsyncExitStack() as stack:
            with job.stages.stage("wait"):
                await stack.enter_async_context(self._admission.place())
            with job.stages.stage("detect"):
                detected = await self._detected(job)
            answers = await self._answers(job, detected)
        return Outcome(tuple(answers), job.target, label, job.stages.milliseconds)

    async def _detected(self, job: _Job) -> list[Detected]:
        """The language of each text."""
        if job.wish.source is not None:
            return [Detected(job.offer.source(job.wish.source), 1.0)] * len(job.wish.texts)
        among = tuple(dict.fromkeys((*job.offer.sources, job.target)))
        find = functools.partial(_likeliest, job.wish.texts, among)
        return await _aside(job.wish.characters, find)

    async def _answers(self, job: _Job, detected: Sequence[Detected]) -> list[Answer]:
        """Of all texts in order; those of one language go to their model together."""
        places: dict[str, list[int]] = {}
        for place, one in enumerate(detected):
            places.setdefault(one.language, []).append(place)
        calls = [
            asyncio.ensure_future(self._in_language(job, source, [job.wish.texts[place] for place in its]))
            for source, its in places.items()
        ]
        try:
            by_language = await asyncio.gather(*calls)
        finally:
            for call in calls:  # Where one has failed, nobody waits for the others.
                call.cancel()
        by_place = {
            place: answer
            for its, answers in zip(places.values(), by_language, strict=True)
            for place, answer in zip(its, answers, strict=True)
        }
        return [replace(by_place[place], confidence=one.confidence) for place, one in enumerate(detected)]

    async def _in_language(self, job: _Job, source: str, texts: list[str]) -> list[Answer]:
        """The answers to texts of one language; those that are kept, or are as wanted already, ask nobody."""
        if source == job.target:
            return [Answer(text, source, 1.0) for text in texts]
        route, options = job.offer.find(source, job.target), job.options(source)
        meant = job.offer.version(route.model, job.label)
        keys = {
            text: CacheKey(route.address, route.model, meant, options, job.wish.alternatives, text)
            for text in (texts if meant is not None else ())
        }
        known = {text: answer for text, key in keys.items() if (answer := self._cache.get(key))}
        self._metrics.kept(len(known))
        new = [text for text in dict.fromkeys(texts) if text not in known]
        for text, answer in zip(new, await self._asked(job, route, options, new), strict=True):
            known[text] = answer
            if text in keys and answer.versions == (meant,):
                self._cache.put(keys[text], answer)
        return [known[text] for text in texts]

    async def _asked(self, job: _Job, route: Route, options: Options, texts: list[str]) -> list[Answer]:
        """The answers to texts that go through the cascade."""
        size = sum(map(len, texts))
        step: list[cascade.Answer] | Plan = await _aside(
            size, functools.partial(cascade.prepare, texts, options)
        )
        versions: set[int] = set()
        while isinstance(step, Plan):
            renderings: list[Rendering] = []
            if rows := [row.text for row in step.rows]:
                with job.stages.stage("model"):
                    rendered = await self._models.render(
                        route,
                        job.label,
                        rows,
                        alternatives=job.wish.alternatives,
                        aligned=job.wish.format != "text",
                    )
                renderings = rendered.renderings
                versions |= rendered.versions
            step = await _aside(size, functools.partial(step.finish, renderings))
        for stage, spent in (step[0].milliseconds if step else {}).items():
            job.stages.add(stage, spent)
        # Of several, while a label moves, nobody can say which one a text is of.
        return [_answer(one, route, tuple(sorted(versions))) for one in step]

    async def close(self) -> None:
        """Close the connections to the model servers."""
        await self._models.close()


def _answer(given: cascade.Answer, route: Route, versions: tuple[int, ...]) -> Answer:
    was_asked = given.score is not None
    return Answer(
        given.text,
        route.source,
        1.0,
        given.score,
        tuple(other for other in given.alternatives if other != given.text),
        given.segments,
        given.notes,
        route.model if was_asked else "",
        versions if was_asked else (),
    )


def _likeliest(texts: Sequence[str], among: Sequence[str]) -> list[Detected]:
    return [detect(text, among)[0] for text in texts]


async def _aside(characters: int, work: Callable[[], Made]) -> Made:
    """Its result; in a thread where there is much to do, so that other requests do not wait for it."""
    return await run_in_threadpool(work) if characters >= _LONG else work()
