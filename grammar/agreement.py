"""Person and number of a subject, which are the same in both languages."""

from __future__ import annotations

from grammar.tree import Coordination, Gap, Nominal, NounPhrase
from grammar.words import Pronoun


def person_and_plural(subject: Nominal) -> tuple[int, bool]:
    """What the finite verb agrees with."""
    if isinstance(subject, Pronoun):
        return subject.person, subject.plural
    if isinstance(subject, Coordination):
        return 3, True
    if isinstance(subject, NounPhrase | Gap):
        return 3, subject.plural
    return 3, False
