"""English word order: do-support, inversion in questions, particles, adverbs."""

from __future__ import annotations

from grammar import english
from grammar.agreement import person_and_plural
from grammar.punctuation import written
from grammar.tree import (
    Adverbial,
    Clause,
    Coordination,
    Determiner,
    Front,
    Gap,
    Nominal,
    NounPhrase,
    Prepositional,
    Property,
    Sentence,
    Tense,
)
from grammar.words import Frame, Name, Pronoun

_SEPARATED = ("up", "away", "along", "back")  # particles that follow a pronoun: picks me up, but looks for me


def _head(phrase: NounPhrase) -> str:
    noun = phrase.noun.en_plural if phrase.plural else phrase.noun.en
    words = [noun]
    if phrase.adjective:
        words.insert(0, phrase.adjective.en)
    if phrase.count:
        words.insert(
            0, str(phrase.count.value) if phrase.count.digits else english.number(phrase.count.value)
        )
    kind = phrase.determiner
    if isinstance(kind, Pronoun):
        words.insert(0, kind.en_possessive)
    elif isinstance(kind, Name):
        words.insert(0, f"{kind.text}'s")
    elif kind is Determiner.INDEFINITE:
        words.insert(0, english.indefinite(words[0]))
    elif kind is Determiner.THIS and phrase.plural:
        words.insert(0, "these")
    elif kind is not Determiner.NONE:
        words.insert(0, kind.value)
    return " ".join(words)


def nominal(value: Nominal, objective: bool = True) -> str:
    """A noun phrase, pronoun or name, as object or as subject."""
    if isinstance(value, Coordination):
        return f"{nominal(value.first, objective)} and {nominal(value.second, objective)}"
    if isinstance(value, Name):
        return value.text
    if isinstance(value, Pronoun):
        return value.en_object if objective else value.en
    if isinstance(value, Gap):
        human = value.noun.kind == "person"
        return ("whom" if objective else "who") if human else "that"
    return _head(value) + (f" {clause(value.relative)}" if value.relative else "")


def _adverbial(value: Adverbial) -> str:
    return f"{value.en} {nominal(value.phrase)}" if isinstance(value, Prepositional) else value.en


def _property(value: Property) -> str:
    if value.standard is None:
        return value.adjective.en
    standard = nominal(value.standard, objective=False)
    if value.equal:
        return f"as {value.adjective.en} as {standard}"
    return f"{value.adjective.en_comparative} than {standard}"


def _plain_verbs(value: Clause) -> tuple[str, str]:
    """Auxiliary, if there is one, and the verb."""
    who = person_and_plural(value.subject)
    base = value.verb.en
    if value.modal:
        first, _, to = value.modal.en.partition(" ")
        return ("", f"{english.present(first, *who)} to {base}") if to else (first, base)
    if value.verb.frame is Frame.COPULA:
        past = value.tense is not Tense.PRESENT
        return (english.past_of_be(*who) if past else english.present("be", *who)), ""
    if value.tense is Tense.PERFECT or (value.tense is Tense.PAST and value.verb.en_past is None):
        return english.present("have", *who), value.verb.en_participle
    if value.tense is Tense.PAST:
        return "", value.verb.en_past or ""
    return "", english.present(base, *who)


def _verbs(value: Clause, inverted: bool) -> tuple[str, str]:
    """The same, with do-support where a negation or question needs an auxiliary."""
    auxiliary, verb = _plain_verbs(value)
    if auxiliary or not (value.negated or inverted):
        return auxiliary, verb
    person, plural = person_and_plural(value.subject)
    auxiliary = "did" if value.tense is Tense.PAST else english.present("do", person, plural)
    return auxiliary, f"{value.modal.en} {value.verb.en}" if value.modal else value.verb.en


def _front(value: Clause) -> str:
    text = ""
    if value.front is Front.TIME and value.time:
        text = value.time.en
    elif value.front is Front.PLACE and value.place:
        text = _adverbial(value.place)
    elif value.front is Front.OBJECT and value.object:
        text = nominal(value.object)
    return f"{text} ," if text and not value.question else text


def _after_verb(value: Clause) -> list[str]:
    """Particle and objects, place, companion, time."""
    in_front = value.front is Front.OBJECT or isinstance(value.object, Gap)
    objects = [nominal(value.object)] if value.object and not in_front else []
    if value.recipient:
        objects.insert(0, nominal(value.recipient))
    particle = value.verb.en_particle
    if isinstance(value.object, Pronoun) and particle in _SEPARATED:
        words = [*objects, particle]
    else:
        words = [particle, *objects]
    if value.predicate:
        words.append(_property(value.predicate))
    if value.place and value.front is not Front.PLACE:
        words.append(_adverbial(value.place))
    if value.companion:
        words.append(_adverbial(value.companion))
    if value.time and value.front is not Front.TIME:
        words.append(value.time.en)
    return words


def clause(value: Clause) -> str:
    """A clause: a question is inverted, unless it asks for the subject."""
    inverted = value.question and value.front is not Front.SUBJECT
    auxiliary, verb = _verbs(value, inverted)
    subject = nominal(value.subject, objective=False)
    frequency = value.frequency.en if value.frequency else ""
    if auxiliary == "can" and value.negated:
        start = [subject, "cannot"]
    else:
        start = [auxiliary, subject] if inverted else [subject, auxiliary]
        start.append("not" if value.negated else "")
    gap = nominal(value.object) if isinstance(value.object, Gap) else ""
    return " ".join(
        word for word in [gap, _front(value), *start, frequency, verb, *_after_verb(value)] if word
    )


def sentence(value: Sentence) -> str:
    """The whole sentence, as it is written."""
    text = clause(value.main)
    link = value.link
    if link:
        linked = f"{link.conjunction.en} {clause(link.clause)}"
        if link.first:
            text = f"{linked} , {text}"
        else:
            comma = "," if not link.subordinate else ""
            text = f"{text} {comma} {linked}"
    return written(text, "?" if value.main.question else ".")
