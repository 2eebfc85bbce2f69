"""SENTENCES IN CAPITALS and Each Word With a Capital are asked as others are, since models have seen few, and
come back as they were."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from texts.cascade.draft import Draft, Piece, Restore, Segment
from texts.cascade.tokens import Token
from texts.tags import primary_subtag

PLACE = 70
STAGE = "case"

_LETTERS = 8
_WORDS = 2
"""Fewer are a name, as USB."""
_TITLE_WORDS = 3
_WORDS_OF_TITLES = {
    "en": "and are as at by for from how if in into is it its no not of on or our that the their this to we "
    "what when where who why with without you your",
    "de": "aber als am auf aus bei dem die ein eine für ist mit nicht oder und vom was wie zu zum",
    "fr": "au aux avec ce dans en est et ou par pour qui sans une",
    "es": "con en es para por que sin",
    "pt": "com em para por que um uma",
    "it": "che con gli nel",
    "nl": "een en het met niet op te voor",
}
_OF_TITLES = {language: frozenset(words.split()) for language, words in _WORDS_OF_TITLES.items()}
"""Words that have a capital in titles alone, if they are not the first. Those that names have, as La, Van,
Can, Per and Will, and single letters, as in Hepatitis A, are left out: where names alone have capitals
nothing is changed.
"""
_OF_ANY = frozenset[str]().union(*_OF_TITLES.values())
_WORD = re.compile(r"(?<![\w'’])[^\W\d_]+(?:['’][^\W\d_]+)*")
_ENGLISH_I = re.compile(r"I(?:['’]\w+)?")
_BEGIN = re.compile(r"(?:^|(?<=\s))([\"“”„«¿¡(\[]*)([^\W\d_])")


def take(draft: Draft) -> None:
    """Change the case of the words, and have it changed back."""
    draft.pieces = [_small(draft, piece) for piece in draft.pieces]


def _small(draft: Draft, piece: Piece) -> Piece:
    """A segment as it is asked, if that is otherwise."""
    if not isinstance(piece, Segment):
        return piece
    words = piece.words
    if _is_upper(words):
        draft.note(STAGE, words.strip(), "asked in small letters, given back in capitals")
        return _lowered(piece, _without_upper, str.upper)
    if _is_title(words, _of_titles(draft.source)):
        draft.note(STAGE, words.strip(), "asked in small letters, given back with a capital each")
        return _lowered(piece, _without_capitals, _with_capitals)
    return piece


def _is_upper(words: str) -> bool:
    return words.isupper() and len(words.split()) >= _WORDS and sum(map(str.isalpha, words)) >= _LETTERS


def _of_titles(language: str) -> frozenset[str]:
    """Those of a language; of all where it is not known."""
    return _OF_TITLES.get(primary_subtag(language).lower(), frozenset()) if language else _OF_ANY


def _is_title(text: str, of_titles: frozenset[str]) -> bool:
    """Whether each word has a capital, among them one that has it in titles alone."""
    words = _WORD.findall(text)
    if len(words) < _TITLE_WORDS or not all(word[0].isupper() for word in words):
        return False
    return any(
        re.split("['’]", word)[0].lower() in of_titles and not word[1:].isupper() for word in words[1:]
    )


def _lowered(segment: Segment, lower: Callable[[str, bool], str], restore: Restore) -> Segment:
    """`lower`: told of each piece of its words whether there were some before."""
    tokens, begun = list[Token](), False
    for token in segment.tokens:
        if token.kind == "text":
            token = replace(token, view=lower(token.view, begun))
            begun = begun or any(map(str.isalpha, token.view))
        tokens.append(token)
    return replace(segment, tokens=tuple(tokens), restores=(*segment.restores, restore))


def _without_upper(words: str, begun: bool) -> str:
    return words.lower() if begun else words.capitalize()


def _without_capitals(words: str, begun: bool) -> str:
    """But for the first one's, those of names as NASA and McDonald, and English I."""
    first = None if begun else _WORD.search(words)

    def small(match: re.Match[str]) -> str:
        word = match[0]
        is_name = len(word) > 1 and not word[1:].islower()
        is_first = first is not None and match.start() == first.start()
        return word if is_name or is_first or _ENGLISH_I.fullmatch(word) else word.lower()

    return _WORD.sub(small, words)


def _with_capitals(words: str) -> str:
    return _BEGIN.sub(lambda match: match[1] + match[2].upper(), words)
