"""Clauses at random: one builder per frame, with relative clauses, negation and questions."""

from __future__ import annotations

import random
from dataclasses import replace

from grammar import lexicon, verbs
from grammar.phrases import PhraseGenerator, adjectives_for, nouns_of, weighted
from grammar.tree import (
    Clause,
    Determiner,
    Front,
    Gap,
    Nominal,
    NounPhrase,
    Property,
    Tense,
)
from grammar.words import Chunk, Frame, Kind, Verb

_FRAMES = (
    (Frame.TRANSITIVE, 0.42),
    (Frame.INTRANSITIVE, 0.16),
    (Frame.DITRANSITIVE, 0.12),
    (Frame.COPULA, 0.12),
    (Frame.MOTION, 0.11),
    (Frame.DATIVE, 0.07),
)
_BY_FRAME = {frame: tuple(verb for verb in verbs.VERBS if verb.frame is frame) for frame in Frame}
# States: no place beside them, and the simple tenses only.
_STATIVE = frozenset({"know", "love", "need", "understand", "forget", "trust", "invite", "lend"})
_DESCRIBED: tuple[Kind, ...] = (
    "person", "animal", "food", "text", "thing", "vehicle", "clothing", "place", "film", "song"
)  # fmt: skip

Mood = tuple[Tense, Chunk | None]
PRESENT: Mood = (Tense.PRESENT, None)
PAST: Mood = (Tense.PAST, None)
WILL: Mood = (Tense.PRESENT, verbs.WILL)


class Clauses:
    """Draws clauses."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.phrases = PhraseGenerator(rng)
        self._chance = self.phrases.chance

    def mood(self) -> Mood:
        """A tense, or a modal verb."""
        modal = self.rng.choice(verbs.MODALS)
        choices = ((PRESENT, 0.42), (PAST, 0.22), ((Tense.PERFECT, None), 0.1), (WILL, 0.1))
        return weighted(self.rng, (*choices, ((Tense.PRESENT, modal), 0.16)))

    def clause(
        self, mood: Mood, subject: Nominal | None = None, negated: bool = False, simple: bool = False
    ) -> Clause:
        """A statement of this mood; `simple` leaves out relative clauses."""
        tense, modal = mood
        frame = weighted(self.rng, _FRAMES)
        if frame is Frame.COPULA:
            return self._description(tense, modal if modal == verbs.WILL else None, subject, negated)
        verb = self.rng.choice(_BY_FRAME[frame])
        if verb.en in _STATIVE and tense is Tense.PERFECT:
            tense = Tense.PAST
        clause = Clause(subject or self.phrases.subject(verb.subjects), verb, tense, modal, negated)
        clause = self._with_objects(clause)
        clause = self._with_adverbials(clause)
        return clause if simple else self._with_relatives(clause)

    def _description(
        self, tense: Tense, modal: Chunk | None, subject: Nominal | None, negated: bool
    ) -> Clause:
        tense = Tense.PAST if tense is Tense.PERFECT else tense
        kind = "person" if subject else self.rng.choice((*_DESCRIBED, "person", "person", "animal"))
        subject = subject or self.phrases.subject((kind,))
        adjective = self.rng.choice(adjectives_for(kind))
        standard = None
        if not negated and self._chance(0.35):
            standard = self.phrases.definite((kind,))
            if isinstance(subject, NounPhrase) and subject.noun is standard.noun:
                standard = None
        if isinstance(subject, NounPhrase):
            subject = replace(subject, adjective=None)
        description = Property(adjective, standard, equal=standard is not None and self._chance(0.3))
        clause = Clause(subject, verbs.BE, tense, modal, negated, predicate=description)
        if kind == "person" and standard is None and not negated:
            return self._with_time(clause)
        return clause

    def _with_objects(self, clause: Clause) -> Clause:
        verb = clause.verb
        if not verb.objects:
            return clause
        plain = clause.negated
        thing: Nominal = self.phrases.noun_phrase(verb.objects, plain)
        people = verb.frame is not Frame.DITRANSITIVE and "person" in verb.objects
        if people and self._chance(0.35):
            thing = self._somebody(clause.subject)
        elif not plain and self._chance(0.06):
            thing = self.phrases.pair(verb.objects)
        if verb.frame is Frame.DITRANSITIVE:
            to: Nominal = self.phrases.definite(("person",))
            if self._chance(0.45):
                to = self._somebody(clause.subject)
            elif self._chance(0.3):
                to = self.phrases.around(self.rng.choice(lexicon.PERSONS), plain)
                if to.determiner in (Determiner.INDEFINITE, Determiner.NONE):
                    to = replace(to, determiner=Determiner.THIS, count=None)
            return replace(clause, object=thing, recipient=to)
        if (
            verb.frame is Frame.DATIVE
            and isinstance(thing, NounPhrase)
            and thing.determiner is Determiner.NONE
        ):
            thing = replace(thing, determiner=Determiner.DEFINITE)
        return replace(clause, object=thing)

    def _somebody(self, subject: Nominal) -> Nominal:
        """A pronoun or name, but not one that would need a reflexive."""
        names = [name for name in lexicon.NAMES if name != subject]
        if self._chance(0.4):
            return self.rng.choice(names)
        taken = {pronoun.en for pronoun in lexicon.PRONOUNS if pronoun == subject}
        if {"I", "we"} & taken:
            taken |= {"I", "we"}
        return self.rng.choice([pronoun for pronoun in lexicon.PRONOUNS if pronoun.en not in taken])

    def _with_time(self, clause: Clause) -> Clause:
        if self._chance(0.3):
            clause = replace(clause, time=self.phrases.time(clause.tense, clause.modal is not None))
            return replace(clause, front=Front.TIME) if self._chance(0.4) else clause
        steady = clause.tense is Tense.PRESENT and clause.modal is None
        if not clause.negated and steady and self._chance(0.2):
            return replace(clause, frequency=self.rng.choice(lexicon.FREQUENCIES))
        return clause

    def _with_adverbials(self, clause: Clause) -> Clause:
        verb = clause.verb
        if verb.frame is Frame.MOTION:
            clause = replace(clause, place=self.phrases.goal())
            if self._chance(0.2):
                clause = replace(clause, companion=self.phrases.companion())
        elif verb.frame is Frame.INTRANSITIVE and self._chance(0.75):
            clause = replace(clause, place=self.phrases.place())
            if verb.en not in ("stay", "wait", "get") and self._chance(0.25):
                clause = replace(clause, companion=self.phrases.companion())
        elif verb.frame is Frame.TRANSITIVE and self._place_suits(clause) and self._chance(0.25):
            clause = replace(clause, place=self.phrases.place())
        clause = self._with_time(clause)
        fits = verb.frame is not Frame.MOTION and clause.place and clause.front is Front.SUBJECT
        if fits and not clause.negated and self._chance(0.2):
            return replace(clause, front=Front.PLACE)
        return clause

    def _place_suits(self, clause: Clause) -> bool:
        thing = clause.object
        to_a_place = isinstance(thing, NounPhrase) and thing.noun.kind == "place"
        return not (
            clause.negated or to_a_place or clause.verb.en in _STATIVE or "place" in clause.verb.objects
        )

    def _with_relatives(self, clause: Clause) -> Clause:
        subject, thing = clause.subject, clause.object
        if (
            isinstance(subject, NounPhrase)
            and subject.determiner is Determiner.DEFINITE
            and self._chance(0.14)
        ):
            return replace(clause, subject=replace(subject, relative=self.relative(subject)))
        free = clause.place is None and not clause.negated and not clause.frequency
        free = free and (clause.time is None or clause.front is Front.TIME)
        if (
            free
            and isinstance(thing, NounPhrase)
            and thing.determiner in (Determiner.DEFINITE, Determiner.INDEFINITE)
            and self._chance(0.16)
        ):
            return replace(clause, object=replace(thing, relative=self.relative(thing)))
        return clause

    def relative(self, head: NounPhrase) -> Clause:
        """A relative clause for this phrase: the noun is its subject or its object."""
        gap = Gap(head.noun, head.plural)
        kind = head.noun.kind
        mood = self.rng.choice((PRESENT, PAST))
        if kind == "person" and self._chance(0.5):
            frame = self.rng.choice((Frame.TRANSITIVE, Frame.INTRANSITIVE, Frame.MOTION))
            clause = Clause(gap, self.rng.choice(_BY_FRAME[frame]), mood[0])
            clause = self._with_objects(clause)
            if clause.verb.frame is Frame.MOTION:
                return replace(clause, place=self.phrases.goal())
            return replace(clause, place=self.phrases.place()) if frame is Frame.INTRANSITIVE else clause
        takers = [
            verb for verb in (*_BY_FRAME[Frame.TRANSITIVE], *_BY_FRAME[Frame.DATIVE]) if kind in verb.objects
        ]
        verb: Verb = self.rng.choice(takers)
        subject = self.phrases.definite(("person",)) if self._chance(0.4) else self._somebody(gap)
        clause = Clause(subject, verb, mood[0], object=gap)
        if self._chance(0.2):
            return replace(clause, time=self.phrases.time(mood[0], False))
        return clause

    def yes_no(self) -> Clause:
        """A question that is answered with yes or no."""
        clause = self.clause(self.mood(), simple=True)
        return replace(clause, front=Front.NOTHING, question=True)

    def wh_subject(self) -> Clause:
        """Who does it?"""
        clause = self.clause(self.mood(), subject=lexicon.WHO, simple=True)
        return replace(clause, front=Front.SUBJECT, question=True)

    def wh_object(self) -> Clause:
        """What, whom, which or how many?"""
        verb = self.rng.choice(_BY_FRAME[Frame.TRANSITIVE])
        tense, modal = self.mood()
        if verb.en in _STATIVE and tense is Tense.PERFECT:
            tense = Tense.PAST
        clause = Clause(
            self.phrases.subject(("person",)), verb, tense, modal, front=Front.OBJECT, question=True
        )
        noun = self.rng.choice(nouns_of(verb.objects))
        asked = weighted(self.rng, ((None, 0.4), (Determiner.WHICH, 0.35), (Determiner.HOW_MANY, 0.25)))
        if asked is None:
            thing: Nominal = lexicon.WHO if noun.kind == "person" else lexicon.WHAT
        elif asked is Determiner.HOW_MANY and not noun.mass:
            thing = NounPhrase(noun, True, asked)
        else:
            thing = NounPhrase(noun, not noun.mass and self._chance(0.3), Determiner.WHICH)
        clause = replace(clause, object=thing)
        if self._chance(0.3):
            return replace(clause, time=self.phrases.time(tense, modal is not None))
        return clause

    def wh_adverb(self) -> Clause:
        """Where, where to, when or why?"""
        clause = replace(self.clause(self.mood(), simple=True), frequency=None)
        if clause.verb.frame is Frame.MOTION:
            return replace(clause, place=Chunk("where", "wohin"), front=Front.PLACE, question=True)
        if clause.verb.frame is Frame.INTRANSITIVE and self._chance(0.5):
            return replace(clause, place=Chunk("where", "wo"), front=Front.PLACE, question=True)
        word = (
            Chunk("when", "wann") if clause.predicate is None and self._chance(0.5) else Chunk("why", "warum")
        )
        return replace(clause, time=word, front=Front.TIME, question=True)
