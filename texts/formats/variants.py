"""The two sides of a translation unit that holds texts in several languages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from contracts.errors import DataError
from texts.formats.inline import SegmentText
from texts.formats.rows import Rejected, Row, RowFault, make_row_of_text
from texts.languages import distance

# Beside the best of a side only the next can be needed: where the best serves the other side.
_KEPT = 2
_LANGUAGES_COUNTED = 50
_LANGUAGES_NAMED = 10


@dataclass
class Variant:
    """A text of a unit, in one language by its code."""

    language: str
    segment: SegmentText


@dataclass
class Unit:
    """One unit: the nearest texts for each side; no text serves both."""

    number: int
    nearest: tuple[list[tuple[int, Variant]], list[tuple[int, Variant]]] = field(
        default_factory=lambda: ([], [])
    )


class SideChoice:
    """Chooses in each unit the texts in the languages that are wanted, and remembers which there were."""

    def __init__(self, source: str, target: str, max_line_bytes: int) -> None:
        self._languages = (source, target)
        self._max_line_bytes = max_line_bytes
        self._seen: Counter[str] = Counter()
        self._has_row = False

    def offer(self, unit: Unit, variant: Variant) -> None:
        """Take the variant for the side or sides in whose language it is, the nearest of all first and of
        equals the first."""
        if variant.language in self._seen or len(self._seen) < _LANGUAGES_COUNTED:
            self._seen[variant.language] += 1
        for language, nearest in zip(self._languages, unit.nearest, strict=True):
            far = distance(variant.language, language)
            if far is not None:
                nearest.append((far, variant))
                nearest.sort(key=lambda entry: entry[0])
                del nearest[_KEPT:]

    def row(self, unit: Unit) -> Row | Rejected:
        """The unit's row."""
        pairs = [
            (far_source + far_target, source, target)
            for far_source, source in unit.nearest[0]
            for far_target, target in unit.nearest[1]
            if source is not target
        ]
        if not pairs:
            return Rejected(RowFault.LANGUAGE, unit.number)
        self._has_row = True
        _, *both = min(pairs, key=lambda pair: pair[0])
        source_text, target_text = (variant.segment.text() for variant in both)
        if source_text is None or target_text is None:
            return Rejected(RowFault.OVERLONG, unit.number)
        return make_row_of_text(source_text, target_text, unit.number, self._max_line_bytes)

    def refuse_none(self, path: str) -> None:
        """Raise DataError if there were texts but no unit with both languages, saying which there were."""
        if self._has_row or not self._seen:
            return
        named = ", ".join(
            f"{language or 'none named'} ({count})"
            for language, count in self._seen.most_common(_LANGUAGES_NAMED)
        )
        more = ", …" if len(self._seen) > _LANGUAGES_NAMED else ""
        source, target = self._languages
        raise DataError(
            f"{path} has no unit in both {source} and {target}; the languages in it: {named}{more}; "
            "correct `languages:` or take another file"
        )
