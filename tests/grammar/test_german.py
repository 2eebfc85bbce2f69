"""German morphology against tables from a grammar book."""

from __future__ import annotations

import pytest

from grammar import german, lexicon, verbs
from grammar.german import Case, Declension

N = {noun.de: noun for noun in lexicon.NOUNS}
CASES = (Case.NOMINATIVE, Case.ACCUSATIVE, Case.DATIVE)


@pytest.mark.parametrize(
    ("gender", "articles", "weak", "mixed", "strong"),
    [
        ("m", "der den dem", "gute guten guten", "guter guten guten", "guter guten gutem"),
        ("f", "die die der", "gute gute guten", "gute gute guten", "gute gute guter"),
        ("n", "das das dem", "gute gute guten", "gutes gutes guten", "gutes gutes gutem"),
        ("p", "die die den", "guten guten guten", "guten guten guten", "gute gute guten"),
    ],
)
def test_articles_and_endings(gender: str, articles: str, weak: str, mixed: str, strong: str) -> None:
    assert " ".join(german.definite(gender, case) for case in CASES) == articles
    for declension, expected in zip(
        (Declension.WEAK, Declension.MIXED, Declension.STRONG), (weak, mixed, strong), strict=True
    ):
        assert " ".join(german.adjective("gut", declension, gender, case) for case in CASES) == expected


@pytest.mark.parametrize(
    ("word", "plural", "expected"),
    [
        ("Junge", False, "Junge Jungen Jungen"),
        ("Student", False, "Student Studenten Studenten"),
        ("Mann", False, "Mann Mann Mann"),
        ("Kind", True, "Kinder Kinder Kindern"),
        ("Auto", True, "Autos Autos Autos"),
        ("Frau", True, "Frauen Frauen Frauen"),
        ("Apfel", True, "Äpfel Äpfel Äpfeln"),
    ],
)
def test_noun_cases(word: str, plural: bool, expected: str) -> None:
    assert " ".join(german.noun(N[word], plural, case) for case in CASES) == expected


@pytest.mark.parametrize(
    ("infinitive", "expected"),
    [
        ("kaufen", "kaufe kaufst kauft kaufen kaufen"),
        ("arbeiten", "arbeite arbeitest arbeitet arbeiten arbeiten"),
        ("finden", "finde findest findet finden finden"),
        ("tanzen", "tanze tanzt tanzt tanzen tanzen"),
        ("zeichnen", "zeichne zeichnest zeichnet zeichnen zeichnen"),
        ("lesen", "lese liest liest lesen lesen"),
        ("fahren", "fahre fährst fährt fahren fahren"),
        ("laden", "lade lädst lädt laden laden"),
        ("sein", "bin bist ist sind sind"),
        ("wissen", "weiß weißt weiß wissen wissen"),
    ],
)
def test_present(infinitive: str, expected: str) -> None:
    changed = {verb.de: verb.present for verb in verbs.VERBS}
    persons = ((1, False), (2, False), (3, False), (1, True), (3, True))
    assert (
        " ".join(german.present(infinitive, *who, changed=changed.get(infinitive)) for who in persons)
        == expected
    )


def test_numbers() -> None:
    expected = {2: "zwei", 12: "zwölf", 16: "sechzehn", 17: "siebzehn", 20: "zwanzig", 21: "einundzwanzig"}
    expected |= {30: "dreißig", 66: "sechsundsechzig", 77: "siebenundsiebzig", 99: "neunundneunzig"}
    assert {value: german.number(value) for value in expected} == expected
    assert len({german.number(value) for value in range(2, 100)}) == 98
    with pytest.raises(ValueError, match="100"):
        german.number(100)


@pytest.mark.parametrize(
    ("preposition", "phrase", "expected"),
    [
        ("in", "dem Garten", "im Garten"),
        ("in", "das alte Haus", "ins alte Haus"),
        ("zu", "der Frau", "zur Frau"),
        ("auf", "dem Markt", "auf dem Markt"),
        ("in", "demselben", "in demselben"),
        ("mit", "dem Hund", "mit dem Hund"),
    ],
)
def test_contractions(preposition: str, phrase: str, expected: str) -> None:
    assert german.prepositional(preposition, phrase) == expected
