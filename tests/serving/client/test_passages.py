"""Sources go through the model sentence by sentence and come back whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import pytest

from serving.client.passages import Passages, join_alternatives, join_translations
from serving.client.requests import Alternatives, Translation
from serving.client.settings import ClientSettings
from texts.sentences import split

SETTINGS = ClientSettings("m")


def _shouted(row: str) -> Translation:
    return Translation(row.upper(), -float(len(row)), "long" in row)


def _through(sources: Iterable[str], splitting: bool = True) -> list[Translation]:
    passages = Passages(SETTINGS, sources, join_translations if splitting else None)
    return [whole for row in passages.rows() for whole in passages.finished(_shouted(row))]


def test_a_source_of_several_sentences_comes_back_as_one_with_its_white_space() -> None:
    sources = ["One dog.  It is long.\u00a0\tBye. ", "", "  ", "Hi."]
    answers = _through(sources)
    assert [answer.text for answer in answers] == [source.upper() for source in sources]
    assert [answer.truncated for answer in answers] == [True, False, False, False]
    lengths = [len("One dog."), len("It is long."), len("Bye.")]
    assert answers[0].score == pytest.approx(-sum(n * n for n in lengths) / sum(lengths))
    assert answers[3] == Translation("HI.", -3.0, False)


def test_unsplit_sources_are_rows_as_they_are() -> None:
    passages = Passages(SETTINGS, [" One. Two. ", ""], None)
    assert list(passages.rows()) == [" One. Two. ", ""]


def _alternatives(passage_text: str, parts: Sequence[Alternatives]) -> Alternatives:
    return join_alternatives(split(passage_text), parts)


def test_alternatives_are_the_best_choices_of_all() -> None:
    parts = [
        Alternatives(("a", "b", "c"), (-1.0, -1.5, -9.0), False),
        Alternatives(("d", "e", "f"), (-2.0, -2.1, -2.2), True, True),
        Alternatives(("g", "h", "i"), (-0.5, -3.0, -4.0), False),
    ]
    text = "Four. Sixty-six. Seven. "
    weights = [5, 10, 6]
    every = sorted(
        (
            -sum(w * part.scores[i] for w, part, i in zip(weights, parts, chosen, strict=True))
            / sum(weights),
            " ".join(part.texts[i] for part, i in zip(parts, chosen, strict=True)) + " ",
        )
        for chosen in product(range(3), repeat=3)
    )
    alternatives = _alternatives(text, parts)
    assert list(alternatives.texts) == [text for _, text in every[:3]]
    assert alternatives.scores == pytest.approx([-score for score, _ in every[:3]])
    assert (alternatives.truncated, alternatives.too_short) == (True, True)


def test_one_sentences_alternatives_stay_as_they_are() -> None:
    alternatives = Alternatives(("a", "b"), (-0.1, -0.3), False)
    assert _alternatives(" One. ", [alternatives]) == Alternatives((" a ", " b "), (-0.1, -0.3), False)


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ([b"x"], "a source is a str, not bytes: decode it"),
        ([None], "a source is a str, not NoneType"),
        ("abc", "not one string"),
        (b"abc", "not one string"),
    ],
)
def test_what_is_no_text_is_named(sources: object, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        _through(sources)  # type: ignore[arg-type]


def test_what_is_too_short_is_said_of_the_whole() -> None:
    passages = Passages(
        SETTINGS, ["A dog runs. A long sentence about very many other things."], join_translations
    )
    answers = [Translation("Ein Hund rennt.", -1.0, False), Translation("Ein.", -1.0, False)]
    rows = zip(passages.rows(), answers, strict=True)
    (whole,) = [whole for _, answer in rows for whole in passages.finished(answer)]
    assert whole.too_short
