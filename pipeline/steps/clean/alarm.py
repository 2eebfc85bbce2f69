"""The alarm: most of a side of a corpus is in another language or script than the configuration says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contracts.directions import Direction
from pipeline.config import Languages
from pipeline.errors import DataError
from pipeline.steps.clean.report import CleaningReport, LanguageCounts
from texts.languages import alike, scripts_of
from texts.tags import primary_subtag

_TOLD_FROM_SENTENCES = 10
# Scripts that a language's code can name, where it is written in several.
_SUBTAGS = ("Latn", "Cyrl", "Arab", "Deva")


def refuse_other_languages(
    report: CleaningReport,
    languages: Languages,
    largest: float | None,
    directions: Sequence[Direction] = (),
) -> None:
    """Nothing where `largest`, a share of a corpus's sentences in a split, is None.

    Args:
        directions: where there are several; each is a part of a corpus's name in the report.

    Raises:
        DataError: names each corpus, split and side of which more is in another language or script.
    """
    if largest is None:
        return
    alarms = [
        text
        for split, corpora in report.sides.items()
        for corpus, sides in corpora.items()
        if sides.sentences >= _TOLD_FROM_SENTENCES
        for text in _complaints(
            f"corpus `{corpus}`, split `{split}`",
            sides,
            _languages_of(corpus, languages, directions),
            largest,
        )
    ]
    if alarms:
        raise DataError(
            "; ".join(alarms)
            + "; if the texts are as they should be, set cleaning.max_other_language to null"
        )


def _languages_of(corpus: str, languages: Languages, directions: Sequence[Direction]) -> Languages:
    for direction in directions:
        if corpus.endswith(f" {direction.name}"):
            return Languages(
                source=direction.source_language, target=direction.target_language, allow_same=True
            )
    return languages


def _complaints(where: str, sides: LanguageCounts, languages: Languages, largest: float) -> Iterator[str]:
    source = _most(sides.source_languages, sides.sentences, largest)
    target = _most(sides.target_languages, sides.sentences, largest)
    if source and target and alike(source, languages.target) and alike(target, languages.source):
        yield (
            f"{where}: the sides are swapped: most of the source is {source} and most of the target "
            f"{target}, and the run translates {languages.source} to {languages.target}: exchange the files "
            "or fields"
        )
        return
    for side, language, seen, scripts in (
        ("source", languages.source, source, sides.source_scripts),
        ("target", languages.target, target, sides.target_scripts),
    ):
        if script := _most(scripts, sides.sentences, largest):
            wrong = f"most of the {side} is written in {script}, and {language} in {scripts_of(language)[0]}"
            primary = primary_subtag(language)
            hint = f" (write {primary}-{script} if that is the text's script)" if script in _SUBTAGS else ""
            yield f"{where}: {wrong}{f', it looks like {seen}' if seen else ''}: correct `languages`{hint}"
        elif seen:
            yield (
                f"{where}: most of the {side} is {seen}, not {language}: correct the file, the field or "
                "`languages`"
            )


def _most(counts: dict[str, int], sentences: int, largest: float) -> str | None:
    """What more than the largest share is in."""
    return next((value for value, count in counts.items() if count > largest * sentences), None)
