"""What a sentence says, before it is said in either language."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from grammar.words import Adjective, Chunk, Name, Noun, Pronoun, Verb


class Determiner(enum.Enum):
    """What stands before a noun, but for possessives."""

    DEFINITE = "the"
    INDEFINITE = "a"
    NONE = ""
    THIS = "this"
    WHICH = "which"
    HOW_MANY = "how many"


@dataclass(frozen=True)
class Count:
    """A number of things, from 2 on, in words or digits."""

    value: int
    digits: bool


@dataclass(frozen=True)
class NounPhrase:
    """A noun with what belongs to it; `relative` holds a clause with a `Gap` where the noun would stand."""

    noun: Noun
    plural: bool = False
    determiner: Determiner | Pronoun | Name = Determiner.DEFINITE
    adjective: Adjective | None = None
    count: Count | None = None
    relative: Clause | None = None


@dataclass(frozen=True)
class Coordination:
    """Two phrases joined by `and`: a plural."""

    first: Nominal
    second: Nominal


@dataclass(frozen=True)
class Gap:
    """The place in a relative clause where its noun would stand."""

    noun: Noun
    plural: bool


Nominal = NounPhrase | Coordination | Gap | Pronoun | Name


@dataclass(frozen=True)
class Prepositional:
    """A preposition, which says its German case, and its phrase."""

    en: str
    de: str
    dative: bool
    phrase: Nominal


Adverbial = Chunk | Prepositional


@dataclass(frozen=True)
class Property:
    """A predicate adjective: plain, `bigger than X`, or `as big as X`."""

    adjective: Adjective
    standard: Nominal | None = None
    equal: bool = False


class Tense(enum.Enum):
    """English tenses; German has one perfect for PAST and PERFECT (but `war`)."""

    PRESENT = "reads"
    PAST = "read"
    PERFECT = "has read"


class Front(enum.Enum):
    """What stands before the finite verb."""

    SUBJECT = 0
    TIME = 1
    PLACE = 2
    OBJECT = 3
    NOTHING = 4  # a yes/no question


@dataclass(frozen=True)
class Clause:
    """A finite clause. A modal (or will) rules out any tense but the present."""

    subject: Nominal
    verb: Verb
    tense: Tense = Tense.PRESENT
    modal: Chunk | None = None
    negated: bool = False
    object: Nominal | None = None  # dative with Frame.DATIVE
    recipient: Nominal | None = None
    predicate: Property | None = None
    time: Chunk | None = None
    frequency: Chunk | None = None
    place: Adverbial | None = None
    companion: Prepositional | None = None
    front: Front = Front.SUBJECT
    question: bool = False


@dataclass(frozen=True)
class LinkedClause:
    """A clause tied to the main one: by `und`, `aber` (verb second) or a subordinating word (verb last)."""

    conjunction: Chunk
    clause: Clause
    subordinate: bool = True
    first: bool = False  # before the main clause


@dataclass(frozen=True)
class Sentence:
    """A main clause, perhaps with another one."""

    main: Clause
    link: LinkedClause | None = None


def _of_nominal(nominal: Nominal | None) -> Iterator[tuple[str, str]]:
    if isinstance(nominal, Coordination):
        yield from _of_nominal(nominal.first)
        yield from _of_nominal(nominal.second)
    elif isinstance(nominal, NounPhrase):
        if nominal.adjective:
            yield nominal.adjective.en, nominal.noun.en
        if nominal.relative:
            yield from clause_combinations(nominal.relative)


def _objects(nominal: Nominal | None) -> Iterator[Noun]:
    if isinstance(nominal, Coordination):
        yield from _objects(nominal.first)
        yield from _objects(nominal.second)
    elif isinstance(nominal, NounPhrase | Gap):
        yield nominal.noun


def _subjects_of(clause: Clause) -> Iterator[Noun]:
    return _objects(clause.subject)


def verb_key(verb: Verb) -> str:
    """Names a verb: `pick up`."""
    return f"{verb.en} {verb.en_particle}".strip()


def clause_combinations(clause: Clause) -> Iterator[tuple[str, str]]:
    """Every (verb, object noun) and (adjective, noun) of the clause, inner clauses included."""
    for noun in _objects(clause.object):
        yield verb_key(clause.verb), noun.en
    if clause.predicate:
        for noun in _subjects_of(clause):
            yield clause.predicate.adjective.en, noun.en
        for noun in _objects(clause.predicate.standard):
            yield clause.predicate.adjective.en, noun.en
        yield from _of_nominal(clause.predicate.standard)
    for nominal in (clause.subject, clause.object, clause.recipient):
        yield from _of_nominal(nominal)
    for adverbial in (clause.place, clause.companion):
        if isinstance(adverbial, Prepositional):
            yield from _of_nominal(adverbial.phrase)


def combinations(sentence: Sentence) -> frozenset[tuple[str, str]]:
    """Every (verb, object noun) and (adjective, noun) of the sentence."""
    union = set(clause_combinations(sentence.main))
    if sentence.link:
        union |= set(clause_combinations(sentence.link.clause))
    return frozenset(union)
