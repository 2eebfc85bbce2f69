"""German word order: verb second, verb last, verb first; what stands between the finite verb and the rest."""

from __future__ import annotations

from grammar import german
from grammar.agreement import person_and_plural
from grammar.german import Case, Declension
from grammar.marks import AUXILIARY, MODAL, NEGATION, PARTICLE, VERB, marked, plain
from grammar.punctuation import written
from grammar.tree import (
    Adverbial,
    Clause,
    Coordination,
    Determiner,
    Front,
    Gap,
    LinkedClause,
    Nominal,
    NounPhrase,
    Prepositional,
    Property,
    Sentence,
    Tense,
)
from grammar.words import Frame, Name, Pronoun


def _takes_kein(nominal: Nominal | None) -> bool:
    return (
        isinstance(nominal, NounPhrase)
        and nominal.determiner in (Determiner.INDEFINITE, Determiner.NONE)
        and nominal.count is None
    )


def _determiner(phrase: NounPhrase, gender: str, case: Case, kein: bool) -> tuple[str, Declension]:
    kind = phrase.determiner
    if isinstance(kind, Pronoun):
        return german.like_ein(kind.possessive, gender, case), Declension.MIXED
    if isinstance(kind, Name):
        return f"{kind.text}s", Declension.STRONG
    if kein and _takes_kein(phrase):
        return german.like_ein("kein", gender, case), Declension.MIXED
    if kind is Determiner.DEFINITE:
        return german.definite(gender, case), Declension.WEAK
    if kind is Determiner.INDEFINITE:
        return german.like_ein("ein", gender, case), Declension.MIXED
    if kind is Determiner.THIS:
        return german.like_dieser("dies", gender, case), Declension.WEAK
    if kind is Determiner.WHICH:
        return german.like_dieser("welch", gender, case), Declension.WEAK
    return ("wie viele" if kind is Determiner.HOW_MANY else ""), Declension.STRONG


def _head(phrase: NounPhrase, case: Case, kein: bool) -> str:
    gender = "p" if phrase.plural else phrase.noun.gender
    determiner, declension = _determiner(phrase, gender, case, kein)
    words = [marked(determiner, phrase, "determiner")]
    if kein and _takes_kein(phrase):
        words = [marked(words[0], phrase, NEGATION)]
    if phrase.count:
        count = str(phrase.count.value) if phrase.count.digits else german.number(phrase.count.value)
        words.append(marked(count, phrase, "count"))
    if phrase.adjective:
        adjective = german.adjective(phrase.adjective.stem, declension, gender, case)
        words.append(marked(adjective, phrase, "adjective"))
    words.append(marked(german.noun(phrase.noun, phrase.plural, case), phrase, "noun"))
    return " ".join(word for word in words if word)


def _relative(phrase: Nominal | None) -> str:
    if isinstance(phrase, NounPhrase) and phrase.relative:
        return f", {clause(phrase.relative, last=True)} ,"
    return ""


def nominal(value: Nominal, case: Case, kein: bool = False, with_relative: bool = True) -> str:
    """A noun phrase, pronoun or name in its case; `kein` negates an indefinite one."""
    if isinstance(value, Coordination):
        und = marked("und", value)
        return f"{nominal(value.first, case, kein)} {und} {nominal(value.second, case, kein)}"
    if isinstance(value, Name):
        return marked(value.text, value)
    if isinstance(value, Pronoun):
        return marked((value.nominative, value.accusative, value.dative)[case], value)
    if isinstance(value, Gap):
        return marked(german.relative_pronoun("p" if value.plural else value.noun.gender, case), value)
    return _head(value, case, kein) + (_relative(value) if with_relative else "")


def _adverbial(value: Adverbial) -> str:
    if isinstance(value, Prepositional):
        case = Case.DATIVE if value.dative else Case.ACCUSATIVE
        return german.prepositional(marked(value.de, value), nominal(value.phrase, case))
    return marked(value.de, value)


def _property(value: Property) -> str:
    if value.standard is None:
        return marked(value.adjective.de, value, "adjective")
    standard = nominal(value.standard, Case.NOMINATIVE)
    adjective = value.adjective.de if value.equal else value.adjective.de_comparative
    text = f"{marked(adjective, value, 'adjective')} {marked('wie' if value.equal else 'als', value, 'than')}"
    return f"{marked('so', value, 'as') + ' ' if value.equal else ''}{text} {standard}"


def _verbs(value: Clause) -> tuple[str, str, str]:
    """Finite verb, separable prefix, and the infinitive or participle that closes the clause."""
    who = person_and_plural(value.subject)
    verb = value.verb
    if value.modal:
        modal = marked(german.present(value.modal.de, *who), value, MODAL)
        return modal, "", marked(german.infinitive(verb), value, VERB)
    if value.tense is Tense.PRESENT:
        finite = marked(german.present(verb.de, *who, changed=verb.present), value, VERB)
        return finite, marked(verb.prefix, value, PARTICLE), ""
    if verb.frame is Frame.COPULA:
        return marked(german.past_of_be(*who), value, VERB), "", ""
    auxiliary = marked(german.present(verb.auxiliary, *who), value, AUXILIARY)
    return auxiliary, "", marked(verb.de_participle, value, VERB)


def _object_case(value: Clause) -> Case:
    return Case.DATIVE if value.verb.frame is Frame.DATIVE else Case.ACCUSATIVE


def _definite(value: Nominal) -> bool:
    return not isinstance(value, NounPhrase) or (
        value.determiner not in (Determiner.INDEFINITE, Determiner.NONE) and value.count is None
    )


def _field(value: Clause) -> list[str]:
    """The middle field without the subject: pronouns, time, dative, accusative, nicht, the rest.

    An adverb of frequency follows a definite object and precedes an indefinite one.
    """
    pronouns: list[str] = []
    full: list[str] = []
    frequency = [marked(value.frequency.de, value.frequency)] if value.frequency else []
    kein = value.negated and _takes_kein(value.object)
    definite = True
    for phrase, case in ((value.recipient, Case.DATIVE), (value.object, _object_case(value))):
        if (
            phrase is None
            or isinstance(phrase, Gap)
            or (value.front is Front.OBJECT and phrase is value.object)
        ):
            continue
        if isinstance(phrase, Pronoun):
            pronouns.append(nominal(phrase, case))
        else:
            full.append(nominal(phrase, case, kein, with_relative=False))
            definite = _definite(phrase)
    time = [marked(value.time.de, value.time)] if value.time and value.front is not Front.TIME else []
    full = [*full, *frequency] if definite else [*full[:-1], *frequency, *full[-1:]]
    rest = [marked("nicht", value, NEGATION)] if value.negated and not kein else []
    if value.companion:
        rest.append(_adverbial(value.companion))
    if value.place and value.front is not Front.PLACE:
        rest.append(_adverbial(value.place))
    if value.predicate:
        rest.append(_property(value.predicate))
    return [*pronouns, *time, *full, *rest]


def _front(value: Clause) -> str:
    if value.front is Front.SUBJECT:
        return nominal(value.subject, Case.NOMINATIVE)
    if value.front is Front.TIME and value.time:
        return marked(value.time.de, value.time)
    if value.front is Front.PLACE and value.place:
        return _adverbial(value.place)
    if value.front is Front.OBJECT and value.object:
        return nominal(value.object, _object_case(value))
    return ""


def clause(value: Clause, last: bool = False, lead: str = "") -> str:
    """A clause; `last` puts the finite verb at the end, `lead` is what stands in front of a verb-second one.

    A relative clause of the object is moved behind the whole clause (Nachfeld).
    """
    finite, prefix, closing = _verbs(value)
    subject = nominal(value.subject, Case.NOMINATIVE)
    trailing = _relative(value.object)
    if last:
        gap = [nominal(value.object, _object_case(value))] if isinstance(value.object, Gap) else []
        end = [f"{closing} {finite}" if closing else prefix + finite]
        return " ".join([*gap, subject, *_field(value), *end, trailing])
    front = lead or _front(value)
    inverted = [subject] if lead or value.front is not Front.SUBJECT else []
    return " ".join([front, finite, *inverted, *_field(value), closing or prefix, trailing])


def _linked(link: LinkedClause) -> str:
    return f"{marked(link.conjunction.de, link)} {clause(link.clause, last=link.subordinate)}"


def sentence(value: Sentence) -> str:
    """The whole sentence, as it is written."""
    return plain(marked_sentence(value))


def marked_sentence(value: Sentence) -> str:
    """The same, each word with its marks (`grammar.marks`)."""
    link = value.link
    if link is None:
        text = clause(value.main)
    elif link.first:
        text = clause(value.main, lead=f"{_linked(link)} ,")
    else:
        comma = "" if link.conjunction.de == "und" else ","
        text = f"{clause(value.main)} {comma} {_linked(link)}"
    return written(text, "?" if value.main.question else ".")
