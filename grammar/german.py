"""German morphology: articles, endings, cases, verb forms, numbers, contractions."""

from __future__ import annotations

import enum

from grammar.marks import marks_in, plain
from grammar.verbs import IRREGULAR_PRESENT, PAST_OF_BE
from grammar.words import Noun, Verb


class Case(enum.IntEnum):
    """The cases that the corpus uses."""

    NOMINATIVE = 0
    ACCUSATIVE = 1
    DATIVE = 2


class Declension(enum.Enum):
    """Which endings an adjective takes after which determiner (Duden 4, §§ 364-371)."""

    WEAK = "after der, dieser, welcher"
    MIXED = "after ein, kein, mein"
    STRONG = "after no determiner, or one without an ending"


# Endings by gender m, f, n and plural p; each string lists nominative, accusative, dative.
_DEFINITE = {"m": "der den dem", "f": "die die der", "n": "das das dem", "p": "die die den"}
_EIN_ENDINGS = {"m": "- en em", "f": "e e er", "n": "- - em", "p": "e e en"}
_DIES_ENDINGS = {"m": "er en em", "f": "e e er", "n": "es es em", "p": "e e en"}
_RELATIVE = {**_DEFINITE, "p": "die die denen"}
_ADJECTIVE_ENDINGS = {
    Declension.WEAK: {"m": "e en en", "f": "e e en", "n": "e e en", "p": "en en en"},
    Declension.MIXED: {"m": "er en en", "f": "e e en", "n": "es es en", "p": "en en en"},
    Declension.STRONG: {"m": "er en em", "f": "e e er", "n": "es es em", "p": "e e en"},
}


def _pick(table: dict[str, str], gender: str, case: Case) -> str:
    return table[gender].split()[case].strip("-")


def definite(gender: str, case: Case) -> str:
    """der, die, das; gender `p` is the plural of any."""
    return _pick(_DEFINITE, gender, case)


def like_ein(stem: str, gender: str, case: Case) -> str:
    """ein-, kein-, mein-, unser- with its ending."""
    return stem + _pick(_EIN_ENDINGS, gender, case)


def like_dieser(stem: str, gender: str, case: Case) -> str:
    """dies-, welch- with its ending."""
    return stem + _pick(_DIES_ENDINGS, gender, case)


def relative_pronoun(gender: str, case: Case) -> str:
    """der, die, das, den, dem, denen."""
    return _pick(_RELATIVE, gender, case)


def adjective(stem: str, declension: Declension, gender: str, case: Case) -> str:
    """The attributive form."""
    return stem + _pick(_ADJECTIVE_ENDINGS[declension], gender, case)


def noun(word: Noun, plural: bool, case: Case) -> str:
    """The noun in its case: -n in the dative plural, the weak form of the n-declension."""
    if plural:
        bare = case is not Case.DATIVE or word.de_plural[-1] in "ns"
        return word.de_plural if bare else word.de_plural + "n"
    return word.de_plural if word.weak and case is not Case.NOMINATIVE else word.de


def _index(person: int, plural: bool) -> int:
    if plural:
        return 3 if person == 1 else 4
    return person - 1


def present(infinitive: str, person: int, plural: bool, changed: tuple[str, str] | None = None) -> str:
    """The present tense of an infinitive; `changed` holds the forms for du and er where the vowel changes."""
    index = _index(person, plural)
    if infinitive in IRREGULAR_PRESENT:
        return IRREGULAR_PRESENT[infinitive][index]
    if plural:
        return infinitive
    if index and changed:
        return changed[index - 1]
    stem = infinitive.removesuffix("en") if infinitive.endswith("en") else infinitive.removesuffix("n")
    if index == 0:
        return stem + "e"
    linking = "e" if stem[-1] in "td" or stem.endswith(("chn", "ffn")) else ""
    if index == 2:
        return stem + linking + "t"
    return stem + ("t" if stem[-1] in "sßzx" else linking + "st")


def past_of_be(person: int, plural: bool) -> str:
    """war, warst, waren."""
    return PAST_OF_BE[_index(person, plural)]


def infinitive(verb: Verb) -> str:
    """With the separable prefix."""
    return verb.prefix + verb.de


_CONTRACTIONS = {
    "in dem": "im",
    "in das": "ins",
    "an dem": "am",
    "an das": "ans",
    "zu dem": "zum",
    "zu der": "zur",
}
_CONTRACTIONS |= {"von dem": "vom", "auf das": "aufs"}


def prepositional(preposition: str, phrase: str) -> str:
    """The preposition before its phrase, melted into the definite article where German does so."""
    article, _, rest = phrase.partition(" ")
    contracted = _CONTRACTIONS.get(plain(f"{preposition} {article}"))
    if contracted is None:
        return f"{preposition} {phrase}"
    return f"{contracted}{marks_in(preposition)}{marks_in(article)} {rest}"


_ONES = (
    *("null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
    *(
        "zehn",
        "elf",
        "zwölf",
        "dreizehn",
        "vierzehn",
        "fünfzehn",
        "sechzehn",
        "siebzehn",
        "achtzehn",
        "neunzehn",
    ),
)
_TENS = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]


def number(value: int) -> str:
    """2 to 99 in words: the ones come before the tens."""
    if not 2 <= value <= 99:
        raise ValueError(f"{value} is not between 2 and 99")
    if value < 20:
        return _ONES[value]
    tens, ones = divmod(value, 10)
    return (_ONES[ones] + "und" if ones else "") + _TENS[tens - 2]
