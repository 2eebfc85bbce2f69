"""Texts and options in, answers out: what all interfaces do, each in its own words."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from serving.client.choices import best_choices
from serving.gateway.core.admission import Admission
from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.metrics import Metrics
from serving.gateway.core.models import Models
from serving.gateway.core.offer import Offers, Route
from serving.gateway.core.passages import Passage, Wish, prepare
from serving.gateway.core.settings import GatewaySettings


@dataclass(frozen=True)
class Answer:
    """What became of one text."""

    text: str
    source: str
    """The language that it was taken for, or given out for."""
    confidence: float
    """0 to 1: how sure that is; 1 where the request said it."""
    score: float | None = None
    """As the model's answers have it, the mean over its sentences; None where no model was asked."""
    alternatives: tuple[str, ...] = ()
    version: int | None = None
    """Of the model, the one that answered."""
    notes: tuple[str, ...] = ()
    """What could not be done as it should be."""


@dataclass(frozen=True)
class Outcome:
    """All answers of a request, in the order of its texts."""

    answers: tuple[Answer, ...]
    target: str
    label: str
    models: tuple[str, ...]
    milliseconds: dict[str, float]
    """By stage: wait, prepare, model, finish."""

    @property
    def versions(self) -> tuple[int, ...]:
        """That answered, each once: several while a label moves."""
        return tuple(sorted({answer.version for answer in self.answers if answer.version is not None}))


@dataclass
class _Stages:
    milliseconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            spent = (time.perf_counter() - started) * 1000
            self.milliseconds[name] = self.milliseconds.get(name, 0.0) + spent


@dataclass(frozen=True)
class _Rendered:
    """The hypotheses of one row, best first."""

    texts: tuple[str, ...]
    scores: tuple[float, ...]
    version: int | None


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

    async def translate(self, wish: Wish) -> Outcome:
        """Translate a request's texts, within the deadline.

        Raises:
            GatewayError: it gets no translation, for this reason.
        """
        self._check(wish)
        stages = _Stages()
        try:
            return await asyncio.wait_for(self._translated(wish, stages), self._settings.limits.deadline)
        except asyncio.TimeoutError:
            raise GatewayError(
                Fault.TIMEOUT,
                f"not translated within {self._settings.limits.deadline:g} s: send less at once",
            ) from None

    def _check(self, wish: Wish) -> None:
        limits = self._settings.limits
        if len(wish.texts) > limits.texts:
            raise GatewayError(
                Fault.TOO_LARGE, f"request ({len(wish.texts)}) exceeds text limit ({limits.texts})"
            )
        if wish.characters > limits.characters:
            raise GatewayError(
                Fault.TOO_LARGE, f"request ({wish.characters}) exceeds text limit ({limits.characters})"
            )

    async def _translated(self, wish: Wish, stages: _Stages) -> Outcome:
        offer = self._offers.now
        label = wish.label or self._settings.label
        target = offer.target(wish.target)
        async with contextlib.AsyncExitStack() as stack:
            with stages.stage("wait"):
                await stack.enter_async_context(self._admission.place())
            with stages.stage("prepare"):
                source = None if wish.source is None else offer.source(wish.source)
                passages = [prepare(text, wish, source, target, offer.sources) for text in wish.texts]
                routes = [offer.find(one.source, target) if one.rows else None for one in passages]
            with stages.stage("model"):
                rendered = await self._rendered(passages, routes, label, wish.alternatives)
            with stages.stage("finish"):
                answers = tuple(
                    _finished(passage, rows, wish.alternatives)
                    for passage, rows in zip(passages, rendered, strict=True)
                )
        self._count(wish, routes, answers, target, label, stages)
        models = tuple(sorted({route.model for route in routes if route}))
        return Outcome(answers, target, label, models, stages.milliseconds)

    async def _rendered(
        self,
        passages: Sequence[Passage],
        routes: Sequence[Route | None],
        label: str,
        alternatives: int,
    ) -> list[list[_Rendered]]:
        """Of each passage its rows' hypotheses: one call for each model, all at once."""
        rows: dict[Route, list[str]] = {}
        for passage, route in zip(passages, routes, strict=True):
            if route is not None:
                rows.setdefault(route, []).extend(passage.rows)
        calls = [
            asyncio.ensure_future(self._ask(route, label, its, alternatives)) for route, its in rows.items()
        ]
        try:
            answers = dict(zip(rows, map(iter, await asyncio.gather(*calls)), strict=True))
        finally:
            for call in calls:
                call.cancel()
        return [
            [next(answers[route]) for _ in passage.rows] if route is not None else []
            for passage, route in zip(passages, routes, strict=True)
        ]

    async def _ask(self, route: Route, label: str, rows: list[str], alternatives: int) -> list[_Rendered]:
        if alternatives:
            several = await self._models.n_best(route, label, rows)
            return [_Rendered(one.texts, one.scores, one.version) for one in several]
        single = await self._models.translate(route, label, rows)
        return [_Rendered((one.text,), (one.score,), one.version) for one in single]

    def _count(
        self,
        wish: Wish,
        routes: Sequence[Route | None],
        answers: Sequence[Answer],
        target: str,
        label: str,
        stages: _Stages,
    ) -> None:
        self._metrics.stages(stages.milliseconds)
        for text, route, answer in zip(wish.texts, routes, answers, strict=True):
            model = route.model if route else ""
            self._metrics.text(answer.source, target, model, answer.version, label, len(text))

    async def close(self) -> None:
        """Close the connections to the model servers."""
        await self._models.close()


def _finished(passage: Passage, rows: Sequence[_Rendered], alternatives: int) -> Answer:
    """The text of a passage's rows, and further ones of their other hypotheses, none twice."""
    if not rows:
        return Answer(passage.finish(()), passage.source, passage.confidence, notes=passage.notes)
    weights = [max(len(row), 1) for row in passage.rows]
    best = best_choices(weights, [row.scores for row in rows], alternatives + 1)
    texts = [
        passage.finish([row.texts[index] for row, index in zip(rows, chosen, strict=True)])
        for _, chosen in best
    ]
    others = tuple(dict.fromkeys(text for text in texts[1:] if text != texts[0]))
    return Answer(
        texts[0],
        passage.source,
        passage.confidence,
        best[0][0] / sum(weights),
        others[:alternatives],
        rows[0].version,
        passage.notes,
    )
