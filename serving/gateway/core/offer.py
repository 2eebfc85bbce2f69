"""What can be translated into what, and which model does it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

from contracts.card import CardSummary
from contracts.confidence import Confidence
from contracts.signatures import ALIGN
from serving import model_config
from serving.errors import ServingError
from serving.gateway.core.errors import Fault, GatewayError
from serving.gateway.core.settings import GatewaySettings
from serving.versions import models, versions
from texts.tags import primary_subtag

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Route:
    """A model that translates from one language into another, both as its card writes them (BCP 47)."""

    source: str
    target: str
    model: str
    address: str
    to: str | None = None
    """What a model of several directions is told; None: it has one."""
    has_align: bool = False
    """Whether it says which words stand for which."""
    protected: tuple[str, ...] = ()
    """The protected pieces that it carries, by its card."""
    context: int = 0
    """Sentences before a row that it reads with it, by its card."""
    confidence: Confidence | None = None
    """Of the version whose card it is."""
    version: int | None = None
    """Whose card it is; None of a model without one."""

    def chance(self, score: float | None, versions: Collection[int]) -> float | None:
        """How likely a sentence with this score is good; None where no card of who answered says so."""
        if score is None or self.confidence is None or set(versions) != {self.version}:
            return None
        return self.confidence.of_score(score)


@dataclass(frozen=True)
class Offer:
    """All routes; of two from one language into another the first counts."""

    routes: tuple[Route, ...] = ()
    versions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By servable and label, as models.config has them."""
    pivots: tuple[str, ...] = ()
    """Languages over which a text goes where no route leads where it is wanted: the first that does."""
    labelled: Mapping[str, tuple[Route, ...]] = field(default_factory=dict)
    """By each label beside the settings' all routes, as the versions that it means have them."""

    def under(self, label: str | None) -> Offer:
        """The offer to a request that names a label; where no version has it, and of None, this one."""
        routes = self.labelled.get(label or "")
        return self if routes is None else replace(self, routes=routes)

    def models(self, source: str | None, target: str, label: str) -> frozenset[tuple[str, int]] | None:
        """The models that translate from a language, or from any, into one, with the versions that a label
        means; None where models.config does not say, or is not there.
        """
        names = {route.model for route in self.between(source, target)}
        labelled = {(name, self.versions.get((name, label))) for name in names}
        known = frozenset((name, version) for name, version in labelled if version is not None)
        return known if len(known) == len(names) else None

    def between(self, source: str | None, target: str) -> tuple[Route, ...]:
        """The routes that a text may take from a language, or from any, into one, each once."""
        sources = self.sources_of(target) if source is None else (source,)
        return tuple(dict.fromkeys(leg for language in sources for leg in self._legs(language, target)))

    def sources_of(self, target: str) -> tuple[str, ...]:
        """What can be translated into a language, each once, in order."""
        pivots = [pivot for pivot in self.pivots if self._direct(pivot, target)]
        ends = {target, *pivots}
        sources = [route.source for route in self.routes if route.target == target]
        sources += [route.source for route in self.routes if route.target in ends and route.source != target]
        return tuple(dict.fromkeys(sources))

    @property
    def sources(self) -> tuple[str, ...]:
        """Languages that can be translated, each once, in order."""
        return tuple(dict.fromkeys(route.source for route in self.routes))

    @property
    def languages(self) -> tuple[str, ...]:
        """All that are read or written, sorted."""
        return tuple(sorted({code for route in self.routes for code in (route.source, route.target)}))

    @property
    def all_targets(self) -> tuple[str, ...]:
        """Languages that are translated into, sorted."""
        return tuple(sorted({route.target for route in self.routes}))

    def targets(self, source: str) -> tuple[str, ...]:
        """What a language can be translated into, sorted."""
        pivots = [pivot for pivot in self.pivots if self._direct(source, pivot)]
        begins = {source, *pivots}
        targets = {route.target for route in self.routes if route.source in begins}
        return tuple(sorted(targets - {source}))

    def source(self, code: str) -> str:
        """The language that a user means, as a card writes it: `EN`, `en-US` for `en`.

        Raises:
            GatewayError: INVALID, nothing translates from it.
        """
        return self._meant(code, self.sources)

    def target(self, code: str) -> str:
        """As `source`, of a language that is translated into."""
        return self._meant(code, self.all_targets)

    def pivot(self, code: str) -> str | None:
        """As `source`, of a language that is both read and written; None: there is none."""
        try:
            return self._meant(code, sorted({*self.sources} & {*self.all_targets}))
        except GatewayError:
            return None

    def route_of(self, model: str) -> Route:
        """One of a model's routes, under whatever label; all lead to the same servers.

        Raises:
            GatewayError: NOT_FOUND, there is no such model.
        """
        for route in chain(self.routes, *self.labelled.values()):
            if route.model == model:
                return route
        raise GatewayError(Fault.NOT_FOUND, "no model of this name is served here")

    def legs(self, source: str, target: str) -> tuple[Route, ...]:
        """The routes that a text takes from one language of cards into another, one after the other: one, or
        two over a pivot.

        Raises:
            GatewayError: INVALID, there are none; names what there is.
        """
        if legs := self._legs(source, target):
            return legs
        there = ", ".join(self.targets(source)) or "nothing"
        raise GatewayError(
            Fault.INVALID, f"{target} is not available as a target language from {source}: there is {there}"
        )

    def _legs(self, source: str, target: str) -> tuple[Route, ...]:
        """As `legs`; none where there are none."""
        if direct := self._direct(source, target):
            return (direct,)
        for pivot in self.pivots:
            first, second = self._direct(source, pivot), self._direct(pivot, target)
            if first and second:
                return (first, second)
        return ()

    def _direct(self, source: str, target: str) -> Route | None:
        return self._by_ends.get((source, target))

    @cached_property
    def _by_ends(self) -> dict[tuple[str, str], Route]:
        return {(route.source, route.target): route for route in reversed(self.routes)}

    @staticmethod
    def _meant(code: str, known: Iterable[str]) -> str:
        wanted = _folded(code)
        known = tuple(known)
        for language in known:
            if _folded(language) == wanted:
                return language
        # A variety for its language, or the only variety of a language that was asked for.
        near = [language for language in known if _folded(language) == primary_subtag(wanted)]
        near = near or [language for language in known if primary_subtag(_folded(language)) == wanted]
        if len(near) == 1:
            return near[0]
        raise GatewayError(
            Fault.INVALID, f"{code} is not supported: there is {', '.join(known) or 'nothing'}"
        )


def _folded(code: str) -> str:
    return code.strip().replace("_", "-").lower()


class Offers:
    """The offer of now: of the settings, or of a model root that is looked at again."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._complaint = ""
        self._strays: tuple[str, ...] = ()
        self.now = self._over_pivots(Offer(tuple(_named(settings))))
        self.refresh()

    @property
    def lack(self) -> str:
        """Why nothing is offered, and what to do about it; empty: something is."""
        root = self._settings.model_root
        if self.now.routes:
            return ""
        if self._complaint or root is None:
            return self._complaint or "the settings name neither `models` nor `model_root`: give one of them"
        if not root.is_dir():
            return f"there is no folder {root.absolute()}: give --model-root, where models were pushed to"
        if not models(root):
            return f"{root.absolute()} holds no model: push one, and it is offered by itself"
        return (
            f"no model in {root.absolute()} has a version with the label {self._settings.label} whose card "
            "names its languages: `dragoman versions` shows what there is, `dragoman promote` gives a label"
        )

    def refresh(self) -> None:
        """Look at the model root again; one that cannot be read changes nothing, and is told of once."""
        root = self._settings.model_root
        if self._settings.models or root is None:
            return
        try:
            self.now = self._over_pivots(_in_root(root, self._settings))
            complaint = ""
        except ServingError as error:
            complaint = str(error)
        if complaint and complaint != self._complaint:
            log.error("the offer stays as it was", extra={"fields": {"reason": complaint}})
        self._complaint = complaint

    def _over_pivots(self, offer: Offer) -> Offer:
        """It with the settings' pivots as the cards write them; those that lead nowhere are told of once."""
        meant = {code: offer.pivot(code) for code in self._settings.pivots}
        strays = tuple(code for code, pivot in meant.items() if pivot is None) if offer.routes else ()
        if strays and strays != self._strays:
            reason = f"no model reads and writes {', '.join(strays)}: there is {', '.join(offer.languages)}"
            log.warning("a pivot leads nowhere", extra={"fields": {"reason": reason}})
        self._strays = strays
        return replace(offer, pivots=tuple(pivot for pivot in meant.values() if pivot))


def _named(settings: GatewaySettings) -> Iterator[Route]:
    for model in settings.models:
        for target in model.targets:
            address = model.address or settings.address
            yield Route(model.source, target, model.name, address, target if model.several else None)


@dataclass(frozen=True)
class _Labelled:
    """A version that has a label, and by which name model servers have it."""

    servable: str
    folder: Path

    def routes(self, address: str, others: Iterable[Route] = ()) -> tuple[Route, ...]:
        """By its card; where that names no languages, with those of `others`, and nothing more of them."""
        card = CardSummary.of(self.folder)
        own = tuple(
            replace(
                route,
                protected=card.carried,
                context=card.context or 0,
                confidence=card.confidence,
                version=int(self.folder.name),
            )
            for route in _of_card(self.servable, card, address)
        )
        return own or tuple(
            Route(other.source, other.target, self.servable, address, other.to) for other in others
        )


def _in_root(root: Path, settings: GatewaySettings) -> Offer:
    """Of each model the versions that models.config labels, by their cards; without one the newest."""
    address = settings.address
    config = model_config.read(root)
    if config is None:
        newest = [_Labelled(name, folders[max(folders)]) for name, folders in models(root).items()]
        return Offer(_joined(version.routes(address) for version in newest))
    parts = {part.name: part for part in config.model_config_list.config}
    trials = {trial.name: name for name in parts if (trial := model_config.find_trial(config, name))}
    numbers: dict[tuple[str, str], int] = {}
    by_label: dict[str, dict[str, _Labelled]] = {settings.label: {}}
    for servable in sorted(parts, key=trials.__contains__):  # A model's own canary before one that is apart.
        name = trials.get(servable, servable)
        folders = versions(root / name)
        for label, number in parts[servable].version_labels.items():
            numbers[servable, label] = number
            if number in folders:
                labelled = _Labelled(servable, folders[number])
                by_label.setdefault(label, {}).setdefault(name, labelled)
    offered = {name: version.routes(address) for name, version in by_label.pop(settings.label).items()}
    others = {}
    for label, its in by_label.items():
        routes = {name: version.routes(address, offered.get(name, ())) for name, version in its.items()}
        others[label] = _joined((offered | routes).values())
    return Offer(_joined(offered.values()), numbers, labelled=others)


def _joined(routes: Iterable[tuple[Route, ...]]) -> tuple[Route, ...]:
    return tuple(chain.from_iterable(routes))


def _of_card(name: str, card: CardSummary, address: str) -> Iterator[Route]:
    has_align = ALIGN.name in (card.optional_signatures or ())
    if card.directions:
        for direction in card.directions:
            source, target = direction.source_language, direction.target_language
            yield Route(source, target, name, address, target, has_align)
    elif card.source_language and card.target_language:
        yield Route(card.source_language, card.target_language, name, address, None, has_align)
