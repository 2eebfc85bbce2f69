"""Phrases at random: noun phrases, subjects, adverbials."""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from typing import TypeVar

from grammar import lexicon
from grammar.tree import (
    Adverbial,
    Coordination,
    Count,
    Determiner,
    Nominal,
    NounPhrase,
    Prepositional,
    Tense,
)
from grammar.words import Adjective, Chunk, Kind, Name, Noun, PlaceNoun, Pronoun

T = TypeVar("T")

_DETERMINERS: tuple[tuple[Determiner | None, float], ...] = (
    (Determiner.DEFINITE, 0.5),
    (Determiner.INDEFINITE, 0.24),
    (None, 0.14),  # a possessive
    (Determiner.THIS, 0.06),
    (Determiner.NONE, 0.06),
)


@functools.cache
def nouns_of(kinds: tuple[Kind, ...]) -> tuple[Noun, ...]:
    """The nouns of these kinds."""
    return tuple(noun for noun in lexicon.NOUNS if noun.kind in kinds)


@functools.cache
def adjectives_for(kind: Kind) -> tuple[Adjective, ...]:
    """The adjectives that suit a kind of noun."""
    return tuple(adjective for adjective in lexicon.ADJECTIVES if kind in adjective.kinds)


def weighted(rng: random.Random, choices: Sequence[tuple[T, float]]) -> T:
    """One of the choices, by weight."""
    point = rng.random() * sum(weight for _, weight in choices)
    for choice, weight in choices:
        point -= weight
        if point < 0:
            return choice
    return choices[-1][0]


class PhraseGenerator:
    """Draws phrases; all randomness comes from one generator."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def chance(self, probability: float) -> bool:
        """True so often."""
        return self.rng.random() < probability

    def _count(self) -> Count:
        if self.chance(0.4):
            return Count(self.rng.randint(2, 99), digits=True)
        return Count(self.rng.randint(2, 12) if self.chance(0.6) else self.rng.randint(13, 99), digits=False)

    def person(self) -> Pronoun | Name:
        """A pronoun or a name."""
        return self.rng.choice(lexicon.PRONOUNS) if self.chance(0.55) else self.rng.choice(lexicon.NAMES)

    def noun_phrase(self, kinds: tuple[Kind, ...], plain: bool = False) -> NounPhrase:
        """A phrase around a noun of these kinds; `plain` ones can be negated by nicht or kein."""
        return self.around(self.rng.choice(nouns_of(kinds)), plain)

    def around(self, noun: Noun, plain: bool = False) -> NounPhrase:
        """A phrase around this noun."""
        plural = not noun.mass and self.chance(0.3)
        determiner: Determiner | Pronoun | Name
        choice = weighted(self.rng, _DETERMINERS)
        determiner = self.person() if choice is None else choice
        if (determiner is Determiner.INDEFINITE and (plural or noun.mass)) or (
            determiner is Determiner.NONE and not (plural or noun.mass)
        ):
            determiner = Determiner.NONE if plural or noun.mass else Determiner.INDEFINITE
        adjective = self.rng.choice(adjectives_for(noun.kind)) if self.chance(0.28) else None
        counted = (
            plural and not plain and determiner in (Determiner.NONE, Determiner.DEFINITE) and self.chance(0.4)
        )
        return NounPhrase(noun, plural, determiner, adjective, self._count() if counted else None)

    def definite(self, kinds: tuple[Kind, ...]) -> NounPhrase:
        """`the` and a noun, perhaps with an adjective."""
        return self._definite(self.rng.choice(nouns_of(kinds)))

    def _definite(self, noun: Noun) -> NounPhrase:
        adjective = self.rng.choice(adjectives_for(noun.kind)) if self.chance(0.25) else None
        return NounPhrase(noun, not noun.mass and self.chance(0.2), Determiner.DEFINITE, adjective)

    def subject(self, kinds: tuple[Kind, ...]) -> Nominal:
        """Somebody or something that does something."""
        if "person" in kinds and self.chance(0.45):
            return self.person()
        if self.chance(0.08):
            return self.pair(kinds)
        return self.noun_phrase(kinds)

    def pair(self, kinds: tuple[Kind, ...]) -> Coordination:
        """Two different phrases joined by `and`."""
        first, second = (self._definite(noun) for noun in self.rng.sample(nouns_of(kinds), 2))
        if "person" in kinds and self.chance(0.4):
            return Coordination(self.rng.choice(lexicon.NAMES), second)
        return Coordination(first, second)

    def time(self, tense: Tense, future: bool) -> Chunk:
        """When it happens, suiting the tense."""
        if tense is Tense.PERFECT:
            return self.rng.choice(lexicon.ANY_TIMES)
        if self.chance(0.12):
            hour = self.rng.randint(2, 12)
            return Chunk(f"at {hour} o'clock", f"um {hour} Uhr")
        if tense is Tense.PAST:
            if self.chance(0.1):
                year = self.rng.randint(1950, 2024)
                return Chunk(f"in {year}", f"im Jahr {year}")
            return self.rng.choice((*lexicon.PAST_TIMES, *lexicon.ANY_TIMES))
        return self.rng.choice(
            (*lexicon.ANY_TIMES, *(lexicon.FUTURE_TIMES if future else lexicon.PRESENT_TIMES))
        )

    def _place_phrase(self, place: PlaceNoun) -> NounPhrase:
        adjective = self.rng.choice(adjectives_for("place")) if self.chance(0.15) else None
        return NounPhrase(place.noun, False, Determiner.DEFINITE, adjective)

    def place(self) -> Adverbial:
        """Where something happens."""
        if self.chance(0.2):
            city = self.rng.choice(lexicon.CITIES)
            return Chunk(f"in {city.en}", f"in {city.de}")
        place = self.rng.choice(lexicon.PLACES)
        return Prepositional(place.at_en, place.at_de, True, self._place_phrase(place))

    def goal(self) -> Adverbial:
        """Where somebody goes."""
        if self.chance(0.25):
            city = self.rng.choice(lexicon.CITIES)
            return Chunk(f"to {city.en}", f"nach {city.de}")
        place = self.rng.choice(lexicon.PLACES)
        return Prepositional("to", place.to_de, place.to_de == "zu", self._place_phrase(place))

    def companion(self) -> Prepositional:
        """With somebody."""
        phrase: Nominal
        phrase = self.person() if self.chance(0.3) else self.noun_phrase(("person", "animal"), plain=True)
        return Prepositional("with", "mit", True, phrase)
