"""The sentence before goes along where the model was trained to read it, and leaves no trace behind."""

from __future__ import annotations

from tests.texts.cascade.models import Model, reversed_links, reversed_words
from texts.cascade import Options, translate


def _model() -> Model:
    """Translates what stands behind the separator."""
    return Model(lambda row: row.rpartition("\u27e6|\u27e7 ")[2].upper())


def test_each_sentence_of_a_text_is_asked_with_the_one_before_it() -> None:
    model = _model()
    answers = translate(["One. Two {x}.\nThree!", "Four."], Options("de", "en", context=1), model)
    assert [answer.text for answer in answers] == ["ONE. TWO {x}.\nTHREE!", "FOUR."]
    assert model.asked == ["One.", "One. ⟦|⟧ Two X1.", "Two . ⟦|⟧ Three!", "Four."]


def test_the_last_sentence_of_what_stands_before_goes_along_with_the_first_of_each_text() -> None:
    model = _model()
    options = Options("de", "en", format="html", context=1, before="Nothing.  It is\nold.")
    answers = translate(['One.<img alt="two"> Three.', "Four."], options, model)
    assert [answer.text for answer in answers] == ['ONE.<img alt="TWO"> THREE.', "FOUR."]
    assert model.asked == ["two", "It is old. ⟦|⟧ One.", "One. ⟦|⟧ Three.", "It is old. ⟦|⟧ Four."]
    translate(["One."], Options("de", "en", before="It is old."), model)
    assert model.asked[-1] == "One."


def test_a_model_that_was_not_trained_so_is_asked_each_alone() -> None:
    model = _model()
    translate(["One. Two."], Options("de", "en"), model)
    assert model.asked == ["One.", "Two."]


def test_what_would_be_too_long_together_goes_alone() -> None:
    model = _model()
    translate(["One two three. Four five."], Options("de", "en", context=1, longest=20), model)
    assert model.asked == ["One two three.", "Four five."]


def test_words_between_things_are_no_sentence_and_go_alone() -> None:
    model = Model(lambda row: row.rpartition("⟦|⟧ ")[2].replace("X1", ""))
    [answer] = translate(["One. Two {x} three."], Options("de", "en", context=1), model)
    assert model.asked == ["One.", "One. ⟦|⟧ Two X1 three.", "Two", "three."]
    assert answer.text == "One. Two {x} three."


def test_an_alignment_counts_from_the_sentence_itself() -> None:
    def translated(row: str) -> str:
        return reversed_words(row.rpartition("⟦|⟧ ")[2])

    def links(row: str, text: str) -> tuple[tuple[int, int], ...]:
        before = len(row.split()) - len(text.split())
        return tuple((source + before, target) for source, target in reversed_links(text, text))

    options = Options("de", "en", format="html", context=1, aligns=True)
    [answer] = translate(["One here. Big <b>old</b> dog"], options, Model(translated, links))
    assert answer.text.endswith("dog <b>old</b> Big")
