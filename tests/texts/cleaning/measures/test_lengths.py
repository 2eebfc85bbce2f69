"""How long a text is, in words and in weight, counted by hand."""

import pytest

from texts.cleaning.measures.lengths import weight, words


@pytest.mark.parametrize(
    ("text", "count", "length"),
    [
        ("", 0, 0),
        ("Two words", 2, 9),
        ("zwölf Wörter", 2, 12),
        ("我喜欢你。", 5, 13),  # four ideographs and a full stop
        ("Tom喜欢 tea", 4, 13),
        ("ねこ", 2, 4),
        ("고양이", 1, 6),
    ],
)
def test_words_and_weight(text: str, count: int, length: int) -> None:
    assert len(words(text)) == count
    assert weight(text) == length


def test_invisible_characters_are_no_words() -> None:
    assert words("\u200c \u200e") == []
