"""English word order: do-support, inversion in questions, particles, adverbs."""

from __future__ import annotations

from grammar import english
from grammar.agreement import person_and_plural
from grammar.marks import AUXILIARY, MODAL, NEGATION, PARTICLE, SUPPORT, VERB, marked, plain
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
    words = [marked(noun, phrase, "noun")]
    if phrase.adjective:
        words.insert(0, marked(phrase.adjective.en, phrase, "adjective"))
    if phrase.count:
        count = str(phrase.count.value) if phrase.count.digits else english.number(phrase.count.value)
        words.insert(0, marked(count, phrase, "count"))
    determiner = marked(_determiner(phrase, words[0]), phrase, "determiner")
    return " ".join([determiner, *words] if determiner else words)


def _determiner(phrase: NounPhrase, following: str) -> str:
    kind = phrase.determiner
    if isinstance(kind, Pronoun):
        return kind.en_possessive
    if isinstance(kind, Name):
        return f"{kind.text}'s"
    if kind is Determiner.INDEFINITE:
        return english.indefinite(following)
    return "these" if kind is Determiner.THIS and phrase.plural else kind.value


def nominal(value: Nominal, objective: bool = True) -> str:
    """A noun phrase, pronoun or name, as object or as subject."""
    if isinstance(value, Coordination):
        first, second = nominal(value.first, objective), nominal(value.second, objective)
        return f"{first} {marked('and', value)} {second}"
    if isinstance(value, Name):
        return marked(value.text, value)
    if isinstance(value, Pronoun):
        return marked(value.en_object if objective else value.en, value)
    if isinstance(value, Gap):
        human = value.noun.kind == "person"
        return marked(("whom" if objective else "who") if human else "that", value)
    return _head(value) + (f" {clause(value.relative)}" if value.relative else "")


def _adverbial(value: Adverbial) -> str:
    text = marked(value.en, value)
    return f"{text} {nominal(value.phrase)}" if isinstance(value, Prepositional) else text


def _property(value: Property) -> str:
    if value.standard is None:
        return marked(value.adjective.en, value, "adjective")
    standard = nominal(value.standard, objective=False)
    adjective = value.adjective.en if value.equal else value.adjective.en_comparative
    text = f"{marked(adjective, value, 'adjective')} {marked('as' if value.equal else 'than', value, 'than')}"
    return f"{marked('as', value, 'as') + ' ' if value.equal else ''}{text} {standard}"


def _plain_verbs(value: Clause) -> tuple[str, str]:
    """Auxiliary, if there is one, and the verb."""
    who = person_and_plural(value.subject)
    base = value.verb.en
    if value.modal:
        first, _, to = value.modal.en.partition(" ")
        modal = marked(f"{english.present(first, *who)} to" if to else first, value, MODAL)
        verb = marked(base, value, VERB)
        return ("", f"{modal} {verb}") if to else (modal, verb)
    if value.verb.frame is Frame.COPULA:
        past = value.tense is not Tense.PRESENT
        return marked(english.past_of_be(*who) if past else english.present("be", *who), value, VERB), ""
    if value.tense is Tense.PERFECT or (value.tense is Tense.PAST and value.verb.en_past is None):
        have = marked(english.present("have", *who), value, AUXILIARY)
        return have, marked(value.verb.en_participle, value, VERB)
    if value.tense is Tense.PAST:
        return "", marked(value.verb.en_past or "", value, VERB)
    return "", marked(english.present(base, *who), value, VERB)


def _verbs(value: Clause, inverted: bool) -> tuple[str, str]:
    """The same, with do-support where a negation or question needs an auxiliary."""
    auxiliary, verb = _plain_verbs(value)
    if auxiliary or not (value.negated or inverted):
        return auxiliary, verb
    person, plural = person_and_plural(value.subject)
    auxiliary = "did" if value.tense is Tense.PAST else english.present("do", person, plural)
    modal = marked(value.modal.en, value, MODAL) + " " if value.modal else ""
    return marked(auxiliary, value, SUPPORT), modal + marked(value.verb.en, value, VERB)


def _front(value: Clause) -> str:
    text = ""
    if value.front is Front.TIME and value.time:
        text = marked(value.time.en, value.time)
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
    particle = marked(value.verb.en_particle, value, PARTICLE)
    if isinstance(value.object, Pronoun) and value.verb.en_particle in _SEPARATED:
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
        words.append(marked(value.time.en, value.time))
    return words


def _negated(word: str, value: Clause) -> str:
    """German denies the clause with `nicht`, or an indefinite object with `kein`."""
    return marked(marked(word, value, NEGATION), value.object, NEGATION)


def clause(value: Clause) -> str:
    """A clause: a question is inverted, unless it asks for the subject."""
    inverted = value.question and value.front is not Front.SUBJECT
    auxiliary, verb = _verbs(value, inverted)
    subject = nominal(value.subject, objective=False)
    frequency = marked(value.frequency.en, value.frequency) if value.frequency else ""
    if plain(auxiliary) == "can" and value.negated:
        start = [subject, _negated(marked("cannot", value, MODAL), value)]
    else:
        start = [auxiliary, subject] if inverted else [subject, auxiliary]
        start.append(_negated("not", value) if value.negated else "")
    gap = nominal(value.object) if isinstance(value.object, Gap) else ""
    return " ".join(
        word for word in [gap, _front(value), *start, frequency, verb, *_after_verb(value)] if word
    )


def sentence(value: Sentence) -> str:
    """The whole sentence, as it is written."""
    return plain(marked_sentence(value))


def marked_sentence(value: Sentence) -> str:
    """The same, each word with its marks (`grammar.marks`)."""
    text = clause(value.main)
    link = value.link
    if link:
        linked = f"{marked(link.conjunction.en, link)} {clause(link.clause)}"
        if link.first:
            text = f"{linked} , {text}"
        else:
            comma = "," if not link.subordinate else ""
            text = f"{text} {comma} {linked}"
    return written(text, "?" if value.main.question else ".")
