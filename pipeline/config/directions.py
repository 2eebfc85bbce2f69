"""Several directions in one run: what the configuration says of them, and what that means."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from contracts.directions import Direction
from contracts.sections import Section
from texts.formats.base import Corpus
from texts.languages import BleuTokenizer, tokenizer_of

LanguagePair = tuple[str, str]
"""A source and a target language."""


class DirectionsConfig(Section):
    """Several directions, one model. A corpus serves both directions of its two languages."""

    trained: tuple[str, ...] = Field(
        min_length=2, description="as `[en-de, de-en]`; that of `languages` is one, and the model's default"
    )
    zero_shot: tuple[str, ...] = Field(
        (), description="directions that are measured with the test split and never trained, nor gated"
    )
    temperature: float = Field(
        1.0,
        ge=1,
        description="a direction with a share p of the training pairs is sampled in proportion to "
        "p^(1/temperature), the largest as it is, by the training and for the vocabulary: 1 takes pairs as "
        "they are, 5 nearly evens directions out",
    )


def resolve(
    config: DirectionsConfig, languages: LanguagePair, corpora: Sequence[Corpus], *, allow_same: bool
) -> tuple[Direction, ...]:
    """The directions, that of `languages` first.

    Raises:
        ValueError: a name is none, or they do not fit each other or the corpora.
    """
    known = {*languages, *(language for corpus in corpora for language in _pair(corpus, languages))}
    trained = [_direction(name, known, allow_same=allow_same) for name in config.trained]
    untrained = [_direction(name, known, allow_same=allow_same) for name in config.zero_shot]
    named = [*config.trained, *config.zero_shot]
    if twice := next((name for name in named if named.count(name) > 1), None):
        raise ValueError(f"directions names {twice} twice: a direction is trained, or zero-shot, or neither")
    if languages not in trained:
        raise ValueError(
            f"directions.trained has no {'-'.join(languages)}, the direction of `languages`, which is the "
            "model's default: add it, or name one of them in `languages`"
        )
    _refuse_strangers(trained, untrained)
    _refuse_without_corpora(trained, untrained, corpora, languages)
    ordered = [languages, *(pair for pair in trained if pair != languages)]
    directions = [Direction(source_language=source, target_language=target) for source, target in ordered]
    return (
        *directions,
        *(Direction(source_language=source, target_language=to, zero_shot=True) for source, to in untrained),
    )


def targets_of(directions: Sequence[Direction]) -> tuple[str, ...]:
    """The languages that the model translates into, its default first."""
    return tuple(dict.fromkeys(direction.target_language for direction in directions))


def tokenizer_for(given: Mapping[str, Any], target: str) -> BleuTokenizer:
    """sacreBLEU's for all targets of a configuration that is not checked yet: the one that they have in
    common; else `zh`, which cuts Chinese into characters and what is beside it as 13a does; else `char`.
    """
    section = given.get("directions")
    config = section.model_dump() if isinstance(section, DirectionsConfig) else section
    names = config.get("trained") if isinstance(config, Mapping) else None
    if not isinstance(names, list | tuple):
        return tokenizer_of(target)
    known = set(_texts(given.get("languages")))
    for corpus in given.get("corpora") or ():
        keys = corpus.model_dump() if isinstance(corpus, Corpus) else corpus
        known.update(_texts(keys.get("languages") if isinstance(keys, Mapping) else None))
    targets = {target, *(halves[0][1] for name in names if (halves := _halves(str(name), known)))}
    tokenizers: set[BleuTokenizer] = {tokenizer_of(language) for language in targets}
    if len(tokenizers) == 1:
        return tokenizers.pop()
    return "char" if "char" in tokenizers else "zh"


def _texts(section: Any) -> Iterator[str]:
    """The codes in `{source: en, target: de}`."""
    if isinstance(section, Mapping):
        yield from (code for code in (section.get("source"), section.get("target")) if isinstance(code, str))


def _pair(corpus: Corpus, languages: LanguagePair) -> LanguagePair:
    own = corpus.languages
    return (own.source, own.target) if own else languages


def _direction(name: str, known: Collection[str], *, allow_same: bool) -> LanguagePair:
    halves = _halves(name, known)
    if len(halves) != 1:
        raise ValueError(
            f"directions names {name}, which is no SOURCE-TARGET of the languages {', '.join(sorted(known))} "
            "of `languages` and of the corpora"
        )
    if halves[0][0] == halves[0][1] and not allow_same:
        raise ValueError(f"directions names {name}, which translates nothing: see languages.allow_same")
    return halves[0]


def _halves(name: str, known: Collection[str]) -> list[LanguagePair]:
    """A code may have hyphens of its own, as `en-pt-BR`."""
    parts = name.split("-")
    cut = (("-".join(parts[:place]), "-".join(parts[place:])) for place in range(1, len(parts)))
    return [(source, target) for source, target in cut if source in known and target in known]


def _refuse_strangers(trained: Sequence[LanguagePair], untrained: Sequence[LanguagePair]) -> None:
    """Without a training pair that has it on its side, a language means nothing to the model there."""
    sources, targets = ({pair[side] for pair in trained} for side in (0, 1))
    for source, target in untrained:
        if source not in sources or target not in targets:
            missing = f"from {source}" if source not in sources else f"into {target}"
            raise ValueError(
                f"directions.zero_shot names {source}-{target}, and no trained direction translates {missing}"
            )


def _refuse_without_corpora(
    trained: Sequence[LanguagePair],
    untrained: Sequence[LanguagePair],
    corpora: Sequence[Corpus],
    languages: LanguagePair,
) -> None:
    every = [*trained, *untrained]
    tested: set[LanguagePair] = set()
    given: set[LanguagePair] = set()
    for corpus in corpora:
        source, target = _pair(corpus, languages)
        both = {(source, target), (target, source)}
        if both.isdisjoint(every):
            raise ValueError(f"corpus `{corpus.name}` is {source}-{target}, and no direction uses it")
        given |= both
        tested |= both if corpus.tested_as else set()
    for direction in every:
        if direction not in given or direction not in tested:
            what = "corpus" if direction not in given else "corpus with a test split"
            raise ValueError(
                f"directions names {'-'.join(direction)}, for which there is no {what}: add one, with "
                "`languages: {source: …, target: …}` where these are not the run's"
            )
