"""Which word of a source each word of its translation belongs to, so that tags can go around it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

from texts.cascade.placing import Item, source_atoms
from texts.cascade.tokens import Token, Tokens


def link(
    target: Sequence[Item],
    tokens: Tokens,
    row: str,
    stand_ins: Sequence[str],
    alignment: Sequence[tuple[int, int]] | None,
    things: Sequence[int],
) -> None:
    """Set the links of a translation's items: places among the atoms of its source.

    Args:
        row: what the model was asked, with the stand-ins of the source's things in it.
        alignment: words of the row and of the translation, between white space; None: by place.
        things: of the target's things, in order, which of the source's each is.
    """
    atoms = source_atoms(tokens)
    kept = [number for number, atom in enumerate(atoms) if atom.kind == "thing"]
    for item, thing in zip((item for item in target if item.is_thing), things, strict=True):
        item.link = kept[thing]
    if alignment is None:
        _by_place(target, atoms)
    else:
        _by_alignment(target, atoms, _words_of_atoms(atoms, row, stand_ins), alignment)


def _by_place(target: Sequence[Item], atoms: Sequence[Token]) -> None:
    """Each word to the same one, if both texts have it once, else to that which stands as far from the
    beginning; a mark to the nearest that is the same."""
    places = _middles([atom.view for atom in atoms])
    words = [number for number, atom in enumerate(atoms) if atom.kind == "text" and _is_word(atom.view)]
    marks: dict[str, list[int]] = {}
    for number, atom in enumerate(atoms):
        if atom.kind == "text" and not _is_word(atom.view):
            marks.setdefault(atom.view, []).append(number)
    same = _same_words(target, atoms)
    for item, place in zip(target, _middles([item.text for item in target]), strict=True):
        if item.link is None and not item.is_space:
            near = words if _is_word(item.text) else marks.get(item.text, [])
            item.link = same[item.text] if item.text in same else _nearest(near, places, place)


def _same_words(target: Sequence[Item], atoms: Sequence[Token]) -> dict[str, int]:
    """Names and the like: words that both texts have once, and where the source has them."""
    written = Counter(item.text for item in target)
    numbers: dict[str, list[int]] = {}
    for number, atom in enumerate(atoms):
        if atom.kind == "text" and written[atom.view] == 1 and _is_word(atom.view):
            numbers.setdefault(atom.view, []).append(number)
    return {word: places[0] for word, places in numbers.items() if len(places) == 1}


def _nearest(numbers: Sequence[int], places: Sequence[float], place: float) -> int | None:
    if not numbers:
        return None
    after = bisect_left(numbers, place, key=lambda number: places[number])
    return min(numbers[max(after - 1, 0) : after + 1], key=lambda number: abs(places[number] - place))


def _middles(words: Sequence[str]) -> list[float]:
    """Where each is in all of them, from 0 to 1; white space takes no room."""
    lengths = [len(word.strip()) for word in words]
    total = sum(lengths) or 1
    return [(end - length / 2) / total for end, length in zip(accumulate(lengths), lengths, strict=True)]


def _by_alignment(
    target: Sequence[Item],
    atoms: Sequence[Token],
    words: Sequence[int],
    alignment: Sequence[tuple[int, int]],
) -> None:
    atoms_of: dict[int, list[int]] = {}
    for number, word in enumerate(words):
        atoms_of.setdefault(word, []).append(number)
    sources_of: dict[int, list[int]] = {}
    for source, word in sorted(alignment):
        sources_of.setdefault(word, []).extend(atoms_of.get(source, ()))
    word = 0
    for place, item in enumerate(target):
        if item.is_space:
            word += 0 < place < len(target) - 1
            continue
        if item.link is None:
            candidates = [
                number
                for number in sources_of.get(word, ())
                if _is_word(atoms[number].view) == _is_word(item.text) and atoms[number].kind == "text"
            ]
            same = [number for number in candidates if atoms[number].view == item.text]
            loose = candidates if _is_word(item.text) else []
            item.link = next(iter(same or loose), None)
        word += len(item.replaces.split()) - 1 if item.is_thing else 0


def _words_of_atoms(atoms: Sequence[Token], row: str, stand_ins: Sequence[str]) -> list[int]:
    """Which word of the row, between white space, each atom is in."""
    written = iter(stand_ins)
    words, at, word = list[int](), 0, 0
    for atom in atoms:
        if row[at : at + 1].isspace():
            word += 1
            while row[at : at + 1].isspace():
                at += 1
        words.append(word)
        at += len(next(written) if atom.kind == "thing" else atom.view)
    return words


def _is_word(text: str) -> bool:
    return any(character.isalnum() for character in text)
