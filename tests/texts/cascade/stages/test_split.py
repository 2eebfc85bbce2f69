"""Texts become lines, sentences and clauses."""

from __future__ import annotations

import pytest

from tests.texts.cascade.models import Model, marked
from texts.cascade import Options, translate


def _rows(text: str, **wishes: object) -> list[str]:
    model = Model(marked)
    translate([text], Options("de", **{"source": "en", **wishes}), model)  # type: ignore[arg-type]
    return model.asked


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("One. Two.", "[One.] [Two.]"),
        ("One\nTwo", "[One]\n[Two]"),
        ("One \r\n\r\n Two\r", "[One] \r\n\r\n [Two]\r"),
        (
            "- One\n  * Two\n\t3. Three\n(4) Four\nb) Five",
            "- [One]\n  * [Two]\n\t3. [Three]\n(4) [Four]\nb) [Five]",
        ),
        ("> One\n>> Two", "> [One]\n>> [Two]"),
        ("Name\tAge   \u00a0Town", "[Name]\t[Age]   \u00a0[Town]"),
        ("\u00a0One.\u3000Two!\u2029Three", "\u00a0[One.]\u3000[Two!]\u2029[Three]"),
        ("A. Smith has come.", "[A. Smith has come.]"),
    ],
)
def test_lines_and_white_space_stay(text: str, translated: str) -> None:
    assert translate([text], Options("de", source="en"), Model(marked))[0].text == translated


@pytest.mark.parametrize(
    ("split", "translated"),
    [
        ("on", "[One.] [Two]\n[lines.]\n\n[End]"),
        ("newlines", "[One. Two]\n[lines.]\n\n[End]"),
        ("nonewlines", "[One.] [Two\nlines.]\n\n[End]"),
        ("off", "[One. Two\nlines.\n\nEnd]"),
    ],
)
def test_a_line_end_within_a_sentence_is_asked_as_a_space_and_comes_back(split: str, translated: str) -> None:
    model = Model(marked)
    [answer] = translate(["One. Two\nlines.\n\nEnd"], Options("de", source="en", split=split), model)  # type: ignore[arg-type]
    assert answer.text == translated
    assert not any("\n" in row for row in model.asked)


@pytest.mark.parametrize(
    ("language", "text", "rows"),
    [
        ("zh", "你好。今天天气很好！我们去吗？", ["你好。", "今天天气很好！", "我们去吗？"]),
        ("ja", "こんにちは。「元気？」と聞いた。はい！", ["こんにちは。", "「元気？」と聞いた。", "はい！"]),
        (
            "th",
            "สวัสดีครับ ผมชื่อจอห์น วันนี้อากาศดีมาก",
            ["สวัสดีครับ", "ผมชื่อจอห์น", "วันนี้อากาศดีมาก"],
        ),
        ("de", "Am 3. Juni kam z. B. Dr. Maier. Gut.", ["Am 3. Juni kam z. B. Dr. Maier.", "Gut."]),
    ],
)
def test_sentences_of_languages(language: str, text: str, rows: list[str]) -> None:
    assert _rows(text, source=language) == rows


def test_long_sentences_are_split_at_clauses_else_at_words_and_never_cut() -> None:
    assert _rows("One two three, four five; six", longest=16) == ["One two three,", "four five; six"]
    assert _rows("One two three four five six", longest=10) == ["One two", "three four", "five six"]
    assert _rows("a" * 50 + " b c", longest=10) == ["a" * 50, "b c"]
    assert _rows("天" * 5 + "，" + "地" * 8, source="zh", longest=6) == ["天" * 5 + "，", "地" * 6, "地" * 2]
    text = "word, " * 200 + "end"
    assert translate([text], Options("de", longest=50), Model(str))[0].text == text
    assert max(map(len, _rows(text, longest=50))) <= 50
