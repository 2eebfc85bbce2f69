"""Sentences at random: statements, questions, and two clauses tied together."""

from __future__ import annotations

import random
from dataclasses import replace

from grammar import verbs
from grammar.clauses import PAST, PRESENT, WILL, Clauses, Mood
from grammar.phrases import weighted
from grammar.tree import Clause, Front, LinkedClause, NounPhrase, Sentence
from grammar.words import Chunk

_BECAUSE = Chunk("because", "weil")
_ALTHOUGH = Chunk("although", "obwohl")
_IF = Chunk("if", "wenn")
_WHEN_NOW = Chunk("when", "wenn")
_WHEN_ONCE = Chunk("when", "als")
_WHILE = Chunk("while", "während")
_BEFORE = Chunk("before", "bevor")
_THAT = Chunk("that", "dass")
_AND = Chunk("and", "und")
_BUT = Chunk("but", "aber")


class Grammar:
    """Draws sentences; the same generator state gives the same sentences."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._clauses = Clauses(rng)

    def sentence(self) -> Sentence:
        """One sentence."""
        build = weighted(
            self._rng,
            (
                (self._statement, 0.46),
                (self._negation, 0.13),
                (self._question, 0.17),
                (self._subordinate, 0.11),
                (self._that, 0.06),
                (self._coordinate, 0.07),
            ),
        )
        return build()

    def _statement(self) -> Sentence:
        return Sentence(self._clauses.clause(self._clauses.mood()))

    def _negation(self) -> Sentence:
        mood = self._clauses.mood()
        return Sentence(self._clauses.clause(mood, negated=True))

    def _question(self) -> Sentence:
        draw = weighted(
            self._rng,
            (
                (self._clauses.yes_no, 0.5),
                (self._clauses.wh_subject, 0.12),
                (self._clauses.wh_object, 0.2),
                (self._clauses.wh_adverb, 0.18),
            ),
        )
        return Sentence(draw())

    def _plain(self, clause: Clause) -> Clause:
        """Subject first, as a second clause needs it."""
        return replace(clause, front=Front.SUBJECT)

    def _part(self, mood: Mood) -> Clause:
        """A short clause: no time, no relative clause."""
        clause = self._clauses.clause(mood, negated=self._rng.random() < 0.15, simple=True)
        return self._plain(replace(clause, time=None, companion=None))

    def _subordinate(self) -> Sentence:
        conjunction = self._rng.choice(
            (_BECAUSE, _BECAUSE, _ALTHOUGH, _IF, _WHEN_NOW, _WHEN_ONCE, _WHILE, _BEFORE)
        )
        if conjunction is _IF:
            main, inner = self._rng.choice((PRESENT, WILL)), PRESENT
        elif conjunction is _WHEN_NOW:
            main, inner = PRESENT, PRESENT
        elif conjunction is _WHEN_ONCE:
            main, inner = PAST, PAST
        else:
            main = inner = self._rng.choice((PRESENT, PAST))
        clause = self._part(inner)
        while conjunction is _WHEN_ONCE and clause.verb.en_past is None:  # `when he has read it` is no past
            clause = self._part(inner)
        if conjunction is _BEFORE and clause.negated:
            clause = replace(clause, negated=False)
        link = LinkedClause(conjunction, clause, first=self._rng.random() < 0.35)
        return Sentence(self._part(main), link)

    def _that(self) -> Sentence:
        subject = self._clauses.phrases.subject(("person",))
        if isinstance(subject, NounPhrase) and subject.count:
            subject = replace(subject, count=None)
        governing = Clause(subject, self._rng.choice(verbs.CLAUSE_VERBS))
        inner = self._clauses.clause(self._clauses.mood(), simple=True)
        return Sentence(governing, LinkedClause(_THAT, self._plain(inner)))

    def _coordinate(self) -> Sentence:
        mood = self._rng.choice((PRESENT, PAST, WILL))
        link = LinkedClause(self._rng.choice((_AND, _BUT)), self._part(mood), subordinate=False)
        return Sentence(self._part(mood), link)
