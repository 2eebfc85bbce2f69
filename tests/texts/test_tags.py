"""What is read from a language tag."""

import pytest

from texts.tags import primary_subtag


@pytest.mark.parametrize(
    ("tag", "primary"), [("pt-BR", "pt"), ("zh_Hant-TW", "zh"), ("SR-Latn", "SR"), ("de", "de"), ("", "")]
)
def test_the_primary_subtag_is_what_comes_first(tag: str, primary: str) -> None:
    assert primary_subtag(tag) == primary
