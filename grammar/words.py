"""What the lexicon is made of: words in both languages with what the grammar must know of them."""

from __future__ import annotations

import enum
from dataclasses import dataclass

Kind = str  # what a noun stands for: "person", "food", ...; verbs and adjectives say which kinds they go with


class Frame(enum.Enum):
    """Which complements a verb takes."""

    INTRANSITIVE = "sleep"
    TRANSITIVE = "read something"
    DATIVE = "help somebody, in German with a dative object"
    DITRANSITIVE = "give somebody something"
    MOTION = "go somewhere"
    COPULA = "be"


@dataclass(frozen=True)
class Noun:
    """A noun: English singular and plural; German nominative singular, plural and gender (`m`, `f`, `n`)."""

    en: str
    en_plural: str
    de: str
    de_plural: str
    gender: str
    kind: Kind
    weak: bool = False  # n-declension: the plural's form in every singular case but the nominative

    @property
    def mass(self) -> bool:
        """Not counted, as milk: no plural, no indefinite article."""
        return not self.en_plural


@dataclass(frozen=True)
class PlaceNoun:
    """A noun with the prepositions of being there (German: with dative) and of going there."""

    noun: Noun
    at_en: str
    at_de: str
    to_de: str


@dataclass(frozen=True)
class Adjective:
    """An adjective; `stem` takes the German endings (`teuer` → `teur-`), `kinds` are the nouns it suits."""

    en: str
    en_comparative: str
    de: str
    de_comparative: str
    kinds: tuple[Kind, ...]
    stem: str


@dataclass(frozen=True)
class Verb:
    """A verb. `present` are the German forms for du and er/sie where they are not regular."""

    en: str
    en_past: str | None  # None where it would read like the present (`read`)
    en_participle: str
    de: str  # infinitive without its separable prefix
    de_participle: str
    frame: Frame
    subjects: tuple[Kind, ...]
    objects: tuple[Kind, ...] = ()
    en_particle: str = ""
    prefix: str = ""
    present: tuple[str, str] | None = None
    auxiliary: str = "haben"


@dataclass(frozen=True)
class Pronoun:
    """A personal or interrogative pronoun in its cases."""

    en: str
    en_object: str
    nominative: str
    accusative: str
    dative: str
    person: int
    plural: bool
    en_possessive: str = ""
    possessive: str = ""  # German stem: mein-, dein-, ...


@dataclass(frozen=True)
class Name:
    """A person's name, the same in both languages."""

    text: str


@dataclass(frozen=True)
class Chunk:
    """A phrase that never changes."""

    en: str
    de: str
