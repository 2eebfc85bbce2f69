"""What language a text is in, and what is in the wanted one already; capitals."""

from __future__ import annotations

import pytest

from tests.texts.cascade.models import Model, marked
from texts.cascade import Note, Options, OptionsError, identification, identify, prepare, translate

GERMAN = "Der Hund läuft über die Straße und bellt."
ENGLISH = "The dog runs across the street and barks."


def test_a_text_is_detected_and_each_of_several_its_own() -> None:
    texts = [GERMAN, ENGLISH, "12 %", "", "狗在跑。一个人在吃。"]
    plan = prepare(texts, Options("fr"))
    assert [row.source for row in plan.rows] == ["de", "en", "zh", "zh"]
    answers = translate(texts, Options("fr"), Model(marked))
    assert [answer.detected.language if answer.detected else None for answer in answers] == [
        "de", "en", None, None, "zh",
    ]  # fmt: skip
    assert answers[0].detected
    assert answers[0].detected.confidence > 0.9
    assert answers[0].notes[0].stage == "detect"


def test_only_languages_that_there_are_models_from_are_detected() -> None:
    [answer] = translate(["Guten Morgen"], Options("fr", sources=("en", "nl")), Model(marked))
    assert answer.detected
    assert answer.detected.language == "nl"
    assert answer.detected.confidence < 0.97


def test_markup_tells_no_language() -> None:
    markup = f'<p class="the quick brown fox">{GERMAN}</p>'
    [answer] = translate([markup], Options("fr", format="html"), Model(marked))
    assert answer.detected
    assert answer.detected.language == "de"


def test_what_is_in_the_wanted_language_comes_back_as_it_is() -> None:
    model = Model(marked)
    [answer] = translate([GERMAN], Options("de-AT", sources=("en",)), model)
    assert (answer.text, model.asked) == (GERMAN, [])
    assert answer.notes == (Note("detect", "de-AT", "in the target's language: as it is"),)
    text = f"{ENGLISH} {GERMAN}"
    [answer] = translate([text], Options("de", source="en"), model)
    assert answer.text == f"[{ENGLISH}] {GERMAN}"
    assert answer.notes == (Note("foreign", GERMAN, "in the target's language: as it is"),)


def test_a_word_that_could_be_of_either_is_translated() -> None:
    assert translate(["Hotel"], Options("de", sources=("en",)), Model(marked))[0].text == "[Hotel]"


def test_confidence_is_a_probability() -> None:
    for text in ("OK", "Haus", "Guten Morgen", GERMAN):
        languages = identify(text)
        assert 0 < sum(language.confidence for language in languages) <= 1
        assert languages == sorted(languages, key=lambda language: -language.confidence)
    confidences = [identify(text)[0].confidence for text in ("Haus", "Das Haus ist", GERMAN)]
    assert confidences == sorted(confidences)
    assert identify("123") == identify("") == []
    assert [language.language for language in identify(GERMAN, ["nb", "de-AT"])] == ["de-AT", "nb"]
    assert identify("Haus", ["eo"]) == []


def test_without_a_detector_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise OptionsError("install the extra")

    monkeypatch.setattr(identification, "_detector", missing)
    with pytest.raises(OptionsError, match="install"):
        translate(["Hello"], Options("de"), Model(marked))
    assert translate([GERMAN], Options("de", source="en"), Model(marked))[0].text == f"[{GERMAN}]"


def test_capitals_are_asked_as_other_sentences_and_come_back_in_capitals() -> None:
    model = Model(lambda row: f"{row} straße")
    texts = ["PRESS THE {name} BUTTON 12 TIMES!", "USB", "PRESS it"]
    answers = translate(texts, Options("de", source="en"), model)
    assert model.asked == ["Press the X1 button 12 times!", "USB", "PRESS it"]
    assert answers[0].text == "PRESS THE {name} BUTTON 12 TIMES! STRASSE"
    assert [note.stage for note in answers[0].notes] == ["case", "protect"]


def test_numbers_in_capitals_are_kept_too() -> None:
    model = Model(lambda row: row.replace("12", "7"))
    [answer] = translate(["PRESS THE BUTTON 12 TIMES!"], Options("de", source="en"), model)
    assert answer.text == "PRESS THE BUTTON 12 TIMES!"
    assert answer.kept


@pytest.mark.parametrize(
    ("source", "text", "asked", "given"),
    [
        ("en", "How To Train Your Dragon", "How to train your dragon", "How To Train Your Dragon Straße"),
        (
            "en-GB",
            "“What I Did” For NASA In {year}",
            "“What I did” for NASA in X1",
            "“What I Did” For NASA In {year} Straße",
        ),
        ("de", "Das Haus Am See", "Das haus am see", "Das Haus Am See Straße"),
        ("it", "Una Casa Con Giardino", "Una casa con giardino", "Una Casa Con Giardino Straße"),
        (
            "en",
            "The End: It's An Old McDonald",
            "The end: it's an old McDonald",
            "The End: It's An Old McDonald Straße",
        ),
    ],
)
def test_titles_are_asked_as_other_sentences_and_come_back_with_capitals(
    source: str, text: str, asked: str, given: str
) -> None:
    model = Model(lambda row: f"{row} straße")
    [answer] = translate([text], Options("hu", source=source, split="off"), model)
    assert model.asked == [asked]
    assert answer.text == given
    assert answer.notes[0].stage == "case"


@pytest.mark.parametrize(
    "text",
    [
        "New York City Hall",
        "The New York Times",
        "Anna and Bob met Carl",
        "San Francisco Bay Area",
        "To Do",
        "Vincent Van Gogh Museum",
        "Actor Will Smith Waits",
        "Мама Мыла Раму Вчера",
        "Mustafa Can Yilmaz",
        "Ole Per Hansen",
        "Hepatitis A Vaccine",
        "Kim Im Sook",
        "Nguyen My Linh",
        "Vitamin Als Zusatz",
        "東京 都",
    ],
)
def test_names_and_sentences_are_no_titles(text: str) -> None:
    model = Model(marked)
    translate([text], Options("de", source="en"), model)
    assert model.asked == [text]


def test_tags_and_pieces_of_a_title_are_kept() -> None:
    model = Model(lambda row: row)
    markup = "<h1>How <b>To Use</b> {name}'s <i>Drive</i></h1>"
    [answer] = translate([markup], Options("de", source="en", format="html"), model)
    assert model.asked == ["How to use X1's drive"]
    assert answer.text == markup
