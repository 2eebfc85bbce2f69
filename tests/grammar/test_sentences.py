"""Sentences whose translation was worked out by hand, from trees built by hand."""

# ruff: noqa: E501 - a table: a sentence and its tree in a row
from __future__ import annotations

import pytest

from grammar import english_syntax, german_syntax, lexicon, verbs
from grammar.tree import (
    Clause,
    Coordination,
    Count,
    Determiner,
    Front,
    Gap,
    LinkedClause,
    NounPhrase,
    Prepositional,
    Property,
    Sentence,
    Tense,
    verb_key,
)
from grammar.words import Chunk

N = {noun.en: noun for noun in lexicon.NOUNS}
A = {adjective.en: adjective for adjective in lexicon.ADJECTIVES}
V = {verb_key(verb): verb for verb in verbs.VERBS}
M = {modal.en: modal for modal in verbs.MODALS}
ANNA = lexicon.NAMES[0]
YESTERDAY, TODAY = Chunk("yesterday", "gestern"), Chunk("today", "heute")
A_, NO, THIS = Determiner.INDEFINITE, Determiner.NONE, Determiner.THIS


def the(noun: str, adjective: str | None = None, plural: bool = False, determiner: object = Determiner.DEFINITE,
        count: Count | None = None, relative: Clause | None = None) -> NounPhrase:  # fmt: skip
    return NounPhrase(N[noun], plural, determiner, A[adjective] if adjective else None, count, relative)  # type: ignore[arg-type]


def at(noun: str, en: str = "in", de: str = "in", dative: bool = True) -> Prepositional:
    return Prepositional(en, de, dative, the(noun))


SIMPLE = [
    (Clause(the("man"), V["read"], object=the("book")), "The man reads the book.", "Der Mann liest das Buch."),
    (Clause(the("man", "old"), V["see"], object=the("dog", "small", determiner=A_)),
     "The old man sees a small dog.", "Der alte Mann sieht einen kleinen Hund."),
    (Clause(lexicon.WE, V["help"], object=the("woman", "young", determiner=A_)),
     "We help a young woman.", "Wir helfen einer jungen Frau."),
    (Clause(the("neighbour"), V["thank"], object=the("neighbour", plural=True)),
     "The neighbour thanks the neighbours.", "Der Nachbar dankt den Nachbarn."),
    (Clause(the("child", plural=True), V["help"], object=the("child", plural=True)),
     "The children help the children.", "Die Kinder helfen den Kindern."),
    (Clause(lexicon.I, V["give"], object=the("apple", "red", determiner=A_), recipient=the("boy")),
     "I give the boy a red apple.", "Ich gebe dem Jungen einen roten Apfel."),
    (Clause(lexicon.YOU, V["give"], object=the("letter"), recipient=lexicon.HE),
     "You give him the letter.", "Du gibst ihm den Brief."),
    (Clause(ANNA, V["drink"], object=the("milk", "cold", determiner=NO)),
     "Anna drinks cold milk.", "Anna trinkt kalte Milch."),
    (Clause(ANNA, V["eat"], object=the("bread", "fresh", determiner=NO)),
     "Anna eats fresh bread.", "Anna isst frisches Brot."),
    (Clause(lexicon.SHE, V["buy"], object=the("car", "expensive", determiner=A_)),
     "She buys an expensive car.", "Sie kauft ein teures Auto."),
    (Clause(lexicon.THEY, V["sell"], object=the("book", "old", plural=True, determiner=lexicon.WE)),
     "They sell our old books.", "Sie verkaufen unsere alten Bücher."),
    (Clause(lexicon.HE, V["look for"], object=the("bag", determiner=ANNA, adjective="small")),
     "He looks for Anna's small bag.", "Er sucht Annas kleine Tasche."),
    (Clause(the("girl"), V["buy"], object=the("pear", plural=True, determiner=NO, count=Count(25, False))),
     "The girl buys twenty-five pears.", "Das Mädchen kauft fünfundzwanzig Birnen."),
    (Clause(the("girl"), V["see"], object=the("bird", "black", plural=True, count=Count(3, True))),
     "The girl sees the 3 black birds.", "Das Mädchen sieht die 3 schwarzen Vögel."),
    # negation
    (Clause(the("cook"), V["buy"], negated=True, object=the("egg", determiner=A_)),
     "The cook does not buy an egg.", "Der Koch kauft kein Ei."),
    (Clause(the("cook"), V["buy"], negated=True, object=the("egg", "fresh", plural=True, determiner=NO)),
     "The cook does not buy fresh eggs.", "Der Koch kauft keine frischen Eier."),
    (Clause(the("cook"), V["buy"], negated=True, object=the("egg")),
     "The cook does not buy the egg.", "Der Koch kauft das Ei nicht."),
    (Clause(lexicon.I, V["read"], modal=M["can"], negated=True, object=the("letter")),
     "I cannot read the letter.", "Ich kann den Brief nicht lesen."),
    (Clause(lexicon.HE, V["go"], modal=M["have to"], negated=True, place=at("school", "to", "in", False)),
     "He does not have to go to the school.", "Er muss nicht in die Schule gehen."),
    # verb second
    (Clause(the("man"), V["read"], object=the("book"), time=TODAY, front=Front.TIME),
     "Today, the man reads the book.", "Heute liest der Mann das Buch."),
    (Clause(the("cat"), V["sleep"], place=at("garden"), front=Front.PLACE),
     "In the garden, the cat sleeps.", "Im Garten schläft die Katze."),
    # perfect: haben, sein, separable, inseparable
    (Clause(lexicon.SHE, V["go"], Tense.PAST, place=at("market", "to", "auf", False), time=YESTERDAY),
     "She went to the market yesterday.", "Sie ist gestern auf den Markt gegangen."),
    (Clause(lexicon.I, V["call"], Tense.PAST, object=the("doctor")),
     "I called the doctor.", "Ich habe den Arzt angerufen."),
    (Clause(lexicon.WE, V["repair"], Tense.PERFECT, object=the("bus")),
     "We have repaired the bus.", "Wir haben den Bus repariert."),
    (Clause(lexicon.HE, verbs.BE, Tense.PAST, predicate=Property(A["tired"])), "He was tired.", "Er war müde."),
    # separable verbs
    (Clause(the("mother"), V["pick up"], object=lexicon.I, time=TODAY),
     "The mother picks me up today.", "Die Mutter holt mich heute ab."),
    (Clause(lexicon.YOU, V["invite"], object=the("guest")), "You invite the guest.", "Du lädst den Gast ein."),
    (Clause(lexicon.HE, V["open"], modal=verbs.WILL, object=the("door")),
     "He will open the door.", "Er wird die Tür aufmachen."),
    (Clause(lexicon.WE, V["go"], place=at("station", "to", "zu")),
     "We go to the station.", "Wir gehen zum Bahnhof."),
    (Clause(lexicon.WE, V["come back"], place=Chunk("to Vienna", "nach Wien")),
     "We come back to Vienna.", "Wir kommen nach Wien zurück."),
    # frequency: after a definite object, before an indefinite one
    (Clause(lexicon.HE, V["read"], object=the("letter"), frequency=Chunk("often", "oft")),
     "He often reads the letter.", "Er liest den Brief oft."),
    (Clause(lexicon.HE, V["read"], object=the("letter", plural=True, determiner=NO), frequency=Chunk("often", "oft")),
     "He often reads letters.", "Er liest oft Briefe."),
    # comparison
    (Clause(the("horse"), verbs.BE, predicate=Property(A["big"], the("dog"))),
     "The horse is bigger than the dog.", "Das Pferd ist größer als der Hund."),
    (Clause(the("horse"), verbs.BE, predicate=Property(A["old"], the("dog"), equal=True)),
     "The horse is as old as the dog.", "Das Pferd ist so alt wie der Hund."),
    # coordination
    (Clause(Coordination(ANNA, the("boy")), V["dance"], place=at("park")),
     "Anna and the boy dance in the park.", "Anna und der Junge tanzen im Park."),
    # with
    (Clause(lexicon.I, V["play"], place=at("garden"), companion=Prepositional("with", "mit", True, the("dog", "small", determiner=A_))),
     "I play in the garden with a small dog.", "Ich spiele mit einem kleinen Hund im Garten."),
    # questions
    (Clause(the("man"), V["read"], object=the("book"), front=Front.NOTHING, question=True),
     "Does the man read the book?", "Liest der Mann das Buch?"),
    (Clause(lexicon.YOU, V["find"], Tense.PAST, object=the("key"), front=Front.NOTHING, question=True),
     "Did you find the key?", "Hast du den Schlüssel gefunden?"),
    (Clause(lexicon.SHE, verbs.BE, predicate=Property(A["happy"]), front=Front.NOTHING, question=True),
     "Is she happy?", "Ist sie glücklich?"),
    (Clause(lexicon.WHO, V["call"], object=the("teacher"), question=True),
     "Who calls the teacher?", "Wer ruft den Lehrer an?"),
    (Clause(the("aunt"), V["buy"], object=lexicon.WHAT, front=Front.OBJECT, question=True),
     "What does the aunt buy?", "Was kauft die Tante?"),
    (Clause(the("aunt"), V["see"], object=lexicon.WHO, front=Front.OBJECT, question=True),
     "Whom does the aunt see?", "Wen sieht die Tante?"),
    (Clause(the("aunt"), V["trust"], object=lexicon.WHO, front=Front.OBJECT, question=True),
     "Whom does the aunt trust?", "Wem vertraut die Tante?"),
    (Clause(lexicon.YOU, V["read"], object=the("newspaper", determiner=Determiner.WHICH), front=Front.OBJECT, question=True),
     "Which newspaper do you read?", "Welche Zeitung liest du?"),
    (Clause(the("son"), V["eat"], object=the("apple", plural=True, determiner=Determiner.HOW_MANY), front=Front.OBJECT,
            question=True), "How many apples does the son eat?", "Wie viele Äpfel isst der Sohn?"),
    (Clause(the("uncle"), V["drive"], place=Chunk("where", "wohin"), front=Front.PLACE, question=True),
     "Where does the uncle drive?", "Wohin fährt der Onkel?"),
]  # fmt: skip

BOOK_OF = the("book", relative=Clause(the("woman"), V["buy"], object=Gap(N["book"], False)))
LINKED = [
    (Sentence(Clause(lexicon.SHE, V["stay"], place=at("house")),
              LinkedClause(Chunk("because", "weil"), Clause(lexicon.SHE, verbs.BE, predicate=Property(A["tired"])))),
     "She stays in the house because she is tired.", "Sie bleibt im Haus, weil sie müde ist."),
    (Sentence(Clause(the("dog"), V["sleep"], place=at("kitchen")),
              LinkedClause(Chunk("if", "wenn"), Clause(the("man"), V["get up"]), first=True)),
     "If the man gets up, the dog sleeps in the kitchen.", "Wenn der Mann aufsteht, schläft der Hund in der Küche."),
    (Sentence(Clause(lexicon.I, verbs.KNOW_THAT),
              LinkedClause(Chunk("that", "dass"), Clause(lexicon.YOU, V["call"], Tense.PAST, object=the("farmer")))),
     "I know that you called the farmer.", "Ich weiß, dass du den Bauern angerufen hast."),
    (Sentence(Clause(ANNA, verbs.SAY),
              LinkedClause(Chunk("that", "dass"), Clause(lexicon.SHE, V["come"], modal=M["want to"], place=at("city", "to", "in", False)))),
     "Anna says that she wants to come to the city.", "Anna sagt, dass sie in die Stadt kommen will."),
    (Sentence(Clause(ANNA, V["sing"]), LinkedClause(Chunk("and", "und"), Clause(the("boy"), V["dance"]), subordinate=False)),
     "Anna sings, and the boy dances.", "Anna singt und der Junge tanzt."),
    (Sentence(Clause(ANNA, V["sing"]), LinkedClause(Chunk("but", "aber"), Clause(the("boy"), V["dance"], negated=True), subordinate=False)),
     "Anna sings, but the boy does not dance.", "Anna singt, aber der Junge tanzt nicht."),
    (Sentence(Clause(the("man", relative=Clause(Gap(N["man"], False), V["read"], object=the("book"))), V["laugh"])),
     "The man who reads the book laughs.", "Der Mann, der das Buch liest, lacht."),
    (Sentence(Clause(lexicon.HE, V["read"], object=BOOK_OF)),
     "He reads the book that the woman buys.", "Er liest das Buch, das die Frau kauft."),
    (Sentence(Clause(lexicon.HE, V["read"], modal=verbs.WILL, object=BOOK_OF)),
     "He will read the book that the woman buys.", "Er wird das Buch lesen, das die Frau kauft."),
    (Sentence(Clause(the("child", plural=True, relative=Clause(lexicon.SHE, V["help"], object=Gap(N["child"], True))), V["sing"])),
     "The children whom she helps sing.", "Die Kinder, denen sie hilft, singen."),
]  # fmt: skip


@pytest.mark.parametrize(("clause", "english", "german"), SIMPLE, ids=[row[1] for row in SIMPLE])
def test_one_clause(clause: Clause, english: str, german: str) -> None:
    sentence = Sentence(clause)
    assert (english_syntax.sentence(sentence), german_syntax.sentence(sentence)) == (english, german)


@pytest.mark.parametrize(("sentence", "english", "german"), LINKED, ids=[row[1] for row in LINKED])
def test_two_clauses(sentence: Sentence, english: str, german: str) -> None:
    assert (english_syntax.sentence(sentence), german_syntax.sentence(sentence)) == (english, german)
