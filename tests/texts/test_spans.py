"""Where pieces stand in a text, as sent and as answered."""

from __future__ import annotations

import pytest

from texts.spans import source_spans, target_spans, word_spans

END = "</s>"


def cut(text: str, pieces: list[str]) -> list[str | None]:
    """What the spans of the pieces hold of the text."""
    return [None if span is None else text[slice(*span)] for span in source_spans(pieces, text)]


@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [
        ("The dogs.", ["▁The", "▁dog", "s", ".", END], ["The", "dog", "s", ".", None]),
        ("  The\t\ndogs ", ["▁The", "▁dogs", END, "", ""], ["The", "dogs", None, None, None]),
        # A character in bytes, outside of the basic plane: each byte has all of it.
        (
            "ok 😀!",
            ["▁ok", "▁", *(f"<0x{byte:02X}>" for byte in "😀".encode()), "!"],
            ["ok", ""] + ["😀"] * 4 + ["!"],
        ),
        # Composed by the model, apart in the text.
        ("cafe\u0301s noirs", ["▁caf", "é", "s", "▁noirs"], ["caf", "e\u0301", "s", "noirs"]),
        ("我爱北京。", ["▁", "我", "爱", "北京", "。", END], ["", "我", "爱", "北京", "。", None]),
        ("שלום\u200f עולם", ["▁שלום\u200f", "▁עו", "לם"], ["שלום\u200f", "עו", "לם"]),
        ("مرحبا بالعالم", ["▁مرحبا", "▁بال", "عالم"], ["مرحبا", "بال", "عالم"]),
        ("R&amp;D ﬁts", ["▁R", "&", "D", "▁f", "its"], ["R", "&amp;", "D", "ﬁ", "ﬁts"]),
        # What the vocabulary has no piece for reaches to the next one.
        ("a 漢字 b", ["▁a", "▁", "<unk>", "▁b", END], ["a", "", "漢字", "b", None]),
        ("漢", ["▁", "<unk>", END], ["", "漢", None]),
        # Read up to the model's limit.
        ("one two three", ["▁one", "▁two", END], ["one", "two", None]),
        ("", [END], [None]),
        ("a b", ["▁a", "▁c", "▁b"], ["a", None, None]),
    ],
)
def test_pieces_stand_where_they_were_sent(text: str, pieces: list[str], expected: list[str | None]) -> None:
    assert cut(text, pieces) == expected


@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [
        ("Die Hunde.", ["▁Die", "▁Hund", "e", ".", END], [(0, 3), (4, 8), (8, 9), (9, 10), None]),
        (
            "😀 ja",
            ["▁", *(f"<0x{byte:02X}>" for byte in "😀".encode()), "▁ja"],
            [(0, 0)] + [(0, 1)] * 4 + [(2, 4)],
        ),
        # Bytes that are no text, as a model may write them.
        ("a\ufffdb", ["▁a", "<0xF0>", "b"], [(0, 1), (1, 2), (2, 3)]),
        (" \u2047  x", ["▁", "<unk>", "▁x"], [(1, 1), (1, 2), (4, 5)]),
        ("我爱", ["▁我", "爱"], [(0, 1), (1, 2)]),
    ],
)
def test_pieces_stand_where_they_were_written(
    text: str, pieces: list[str], expected: list[tuple[int, int] | None]
) -> None:
    assert target_spans(pieces, text) == expected


def test_words_reach_over_their_pieces() -> None:
    text, pieces = "  The do\u0301gs. ", ["▁The", "▁dó", "gs", ".", END]
    spans = word_spans(pieces, source_spans(pieces, text))
    assert [text[slice(*span)] for span in spans if span] == ["The", "do\u0301gs."]
    assert word_spans(["▁a", "▁b"], [(0, 1), None]) == [(0, 1), None]
