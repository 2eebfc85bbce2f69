"""Blanks where inline codes stood."""

from __future__ import annotations

import re

import pytest

from texts.formats.inline import CodeKind, SegmentText


def _text(marked: str) -> str | None:
    """`|` is a code, `<...>` one that holds a placeholder, `^` one of a pair."""
    segment = SegmentText(1000)
    for part in marked.replace("<", "\0<").replace(">", "\0").split("\0"):
        if part.startswith("<"):
            segment.add_placeholder(part[1:])
            continue
        for text in re.split(r"([|^])", part):
            if text in ("|", "^"):
                segment.add_code(CodeKind.ALONE if text == "|" else CodeKind.PAIRED)
            elif text:
                segment.add(text)
    return segment.text()


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("Press^Enter^twice.", "Press Enter twice."),
        ("H^2^O and CO^2^.", "H2O and CO2."),
        ("^O^nce upon a time", "Once upon a time"),
        ("Step 1|Open^|^it", "Step 1 Open it"),
        ("Click |here| now.", "Click here now."),
        ("Press|Enter|twice.", "Press Enter twice."),
        ("the map|, please", "the map, please"),
        ("Hello |, you have | messages.", "Hello, you have messages."),
        ("Hello <{name}>, you have <%d> messages.", "Hello {name}, you have %d messages."),
        ("Hello <img>, you", "Hello, you"),
        ("|Bold| text|", "Bold text"),
        ("one| |two", "one two"),
        ("one| |(two)", "one (two)"),
        ("one |||| two", "one two"),
        ("Cliquez |ici| !", "Cliquez ici !"),
        ("点击|这里|。", "点击这里。"),
        ("点击|Enter", "点击Enter"),
        ("กด|ปุ่ม", "กดปุ่ม"),
        ("a\u00a0|b", "a\u00a0b"),
        ("|", ""),
        (" kept as it is ", " kept as it is "),
    ],
)
def test_one_blank_where_a_code_stood_between_words(marked: str, text: str) -> None:
    assert _text(marked) == text


@pytest.mark.parametrize(
    "content", ["{0}", "{{user}}", "${x}", "%s", "%1$s", "%(n)d", "$name", "__N__", "[id]"]
)
def test_placeholders_stay(content: str) -> None:
    assert _text(f"a <{content}> b") == f"a {content} b"


@pytest.mark.parametrize("content", ["", "/br", "b", "50 %", "{" * 100_000, "%" + "9" * 100_000])
def test_other_codes_do_not(content: str) -> None:
    assert _text(f"a <{content}> b") == "a b"


def test_a_long_segment_is_not_kept() -> None:
    segment = SegmentText(10)
    for _ in range(3):
        segment.add("four")
        segment.add_code(CodeKind.ALONE)
    assert segment.text() is None
