"""Whether a canary's translations are worse than stable's.

Where a sentence has a reference, both versions are compared with it by chrF (Popović 2015, as sacreBLEU
computes it). Where it has none, nobody can say which of two good translations is better; but two versions of
a model that are as good as each other mostly agree, so how far they agree is measured, and what is wrong to
the eye is counted. Each sentence counts once, by its latest answers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from serving.rollout.defects import defects, length_defects

ENOUGH = 50
"""Different sentences before anything is said, or all that there are."""
_NOTED = 3  # sentences: one or two may be anybody's
_ERRORS = 2.0  # standard errors that a difference of means must exceed, so that it is none of chance
_NAMED, _SHOWN = 2, 60  # examples in a verdict, characters of each text
# Where words are parted (measured on Multi30k: docs/versions.md), and where they are not, as in Chinese,
# Japanese and Thai, whose words are of so few characters that a paraphrase shares hardly any (chosen).
_AGREEMENT, _AGREEMENT_DENSE = 65.0, 20.0
_SPACES = 0.05  # of the characters, in languages that part words


@dataclass(frozen=True)
class JudgedSentence:
    """A source, and how it should be translated, if that is known."""

    source: str
    reference: str = ""


@dataclass(frozen=True)
class QualityLimits:
    """By how much a canary's translations may be worse."""

    quality_drop: float = 2.0
    """Points of chrF (0 to 100) against the references, by which they may be below stable's."""
    agreement: float | None = None
    """chrF between both versions' translations that they must reach where there is no reference; None: by
    the kind of writing."""
    length_change: float = 0.2
    """Share by which all of them together may be shorter or longer than stable's."""
    defect_increase: float = 0.02
    """Share of the sentences by which each kind of defect may be more frequent than in stable's."""


@dataclass(frozen=True)
class TranslationPair:
    """Both translations of a sentence."""

    sentence: JudgedSentence
    stable: str
    canary: str

    @cached_property
    def gain(self) -> float:
        """The canary's chrF against the reference less stable's."""
        return chrf(self.canary, self.sentence.reference) - chrf(self.stable, self.sentence.reference)

    @cached_property
    def agreement(self) -> float:
        """chrF of one version's translation against the other's."""
        return chrf(self.canary, self.stable)

    @cached_property
    def _defects(self) -> tuple[set[str], set[str]]:
        source = self.sentence.source
        return defects(source, self.stable), defects(source, self.canary)

    def defects(self, ratio: float) -> tuple[set[str], set[str]]:
        """Stable's and the canary's, where translations have `ratio` characters for one of the source."""
        expected = len(self.sentence.reference) or ratio * len(self.sentence.source.strip())
        stable, canary = self._defects
        return (
            stable | length_defects(self.stable, expected),
            canary | length_defects(self.canary, expected),
        )

    def __str__(self) -> str:
        return f"{_cut(self.sentence.source)} became {_cut(self.canary)}, stable: {_cut(self.stable)}"


def chrf(text: str, reference: str) -> float:
    """Of one text, 0 to 100; two that are equal, also empty ones, have 100."""
    if text.strip() == reference.strip():
        return 100.0
    return float(_metric().sentence_score(text, [reference]).score)


@cache
def _metric() -> Any:
    from sacrebleu.metrics import CHRF

    return CHRF()


def _cut(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


@dataclass
class Quality:
    """What both versions have made of each of so many different sentences."""

    sentences: int = 0
    pairs: dict[JudgedSentence, TranslationPair] = field(default_factory=dict)

    def add(self, sentence: JudgedSentence, stable: str, canary: str) -> None:
        """Count a sentence that both have translated."""
        pair = TranslationPair(sentence, stable, canary)
        if self.pairs.get(sentence) != pair:
            self.pairs[sentence] = pair

    def enough(self) -> bool:
        """Whether anything can be said yet."""
        return len(self.pairs) >= min(self.sentences, ENOUGH) > 0

    def worse(self, limits: QualityLimits) -> str:
        """In which way the translations are worse than they may be, with examples; empty: they are not."""
        if not self.enough():
            return ""
        judges = (self._by_defects, self._by_references, self._by_length, self._by_agreement)
        return next((reason for judge in judges if (reason := judge(limits))), "")

    def _by_defects(self, limits: QualityLimits) -> str:
        pairs = list(self.pairs.values())
        sources = sum(len(pair.sentence.source.strip()) for pair in pairs)
        ratio = sum(len(pair.stable.strip()) for pair in pairs) / max(sources, 1)
        by_pair = [(pair, *pair.defects(ratio)) for pair in pairs]
        for kind in sorted({kind for _, _, canary in by_pair for kind in canary}):
            new = [pair for pair, stable, canary in by_pair if kind in canary - stable]
            more = len(new) - sum(kind in stable - canary for _, stable, canary in by_pair)
            if more >= min(_NOTED, len(pairs)) and more / len(pairs) > limits.defect_increase:
                return (
                    f"{len(new)} of {len(pairs)} translations are {kind} and stable's are not: {_some(new)}"
                )
        return ""

    def _by_references(self, limits: QualityLimits) -> str:
        known = self._with_reference()
        if not known:
            return ""
        lost, error = _mean(-pair.gain for pair in known)
        if lost <= max(limits.quality_drop, _ERRORS * error):
            return ""
        worst = sorted(known, key=lambda pair: pair.gain)
        return (
            f"its translations of {len(known)} sentences have {self.chrf('canary'):.1f} chrF against the "
            f"references, stable's {self.chrf('stable'):.1f}: {_some(worst)}"
        )

    def _by_length(self, limits: QualityLimits) -> str:
        ratio = self.length_ratio
        if ratio is None or 1 / (1 + limits.length_change) <= ratio <= 1 + limits.length_change:
            return ""
        ranked = sorted(
            self.pairs.values(), key=lambda pair: len(pair.canary) - len(pair.stable), reverse=ratio > 1
        )
        return f"its translations are {ratio:.2f} times as long as stable's: {_some(ranked)}"

    def _by_agreement(self, limits: QualityLimits) -> str:
        unknown = self._without_reference()
        if len(unknown) < min(_NOTED, self.sentences):
            return ""
        agreement, _ = _mean(pair.agreement for pair in unknown)
        wanted = limits.agreement
        if wanted is None:
            wanted = _AGREEMENT if _parts_words(unknown) else _AGREEMENT_DENSE
        if agreement >= wanted:
            return ""
        return (
            f"its translations of {len(unknown)} sentences agree with stable's by {agreement:.1f} chrF, less "
            f"than {wanted:g} (which of them are better, sentences with references tell): "
            f"{_some(sorted(unknown, key=lambda pair: pair.agreement))}"
        )

    def _with_reference(self) -> list[TranslationPair]:
        return [pair for pair in self.pairs.values() if pair.sentence.reference]

    def _without_reference(self) -> list[TranslationPair]:
        return [pair for pair in self.pairs.values() if not pair.sentence.reference]

    def chrf(self, label: str) -> float | None:
        """The mean over sentences against the references of the translations under a label."""
        known = self._with_reference()
        return (
            _mean(chrf(getattr(pair, label), pair.sentence.reference) for pair in known)[0] if known else None
        )

    @property
    def agreement(self) -> float | None:
        """The mean over sentences of chrF between both versions."""
        return _mean(pair.agreement for pair in self.pairs.values())[0] if self.pairs else None

    @property
    def length_ratio(self) -> float | None:
        """Characters of the canary's translations by stable's."""
        stable = sum(len(pair.stable) for pair in self.pairs.values())
        return sum(len(pair.canary) for pair in self.pairs.values()) / stable if stable else None

    def as_json(self) -> dict[str, object]:
        """For scripts."""
        return {
            "sentences": len(self.pairs),
            "with_reference": len(self._with_reference()),
            "chrf": {label: self.chrf(label) for label in ("stable", "canary")},
            "agreement": self.agreement,
            "length_ratio": self.length_ratio,
        }

    def __str__(self) -> str:
        if self.agreement is None:
            return "no sentence translated by both"
        text = f"{len(self.pairs)} sentences, on which both agree by {self.agreement:.1f} chrF"
        if (canary := self.chrf("canary")) is not None:
            known = len(self._with_reference())
            text += f"; against {known} references {canary:.1f}, stable {self.chrf('stable'):.1f}"
        return text


def _some(pairs: list[TranslationPair]) -> str:
    return "; ".join(map(str, pairs[:_NAMED]))


def _mean(values: Iterable[float]) -> tuple[float, float]:
    """The mean, and its standard error (0 of a single value)."""
    numbers = list(values)
    mean = sum(numbers) / len(numbers)
    variance = sum((number - mean) ** 2 for number in numbers) / max(len(numbers) - 1, 1)
    return mean, math.sqrt(variance / len(numbers))


def _parts_words(pairs: list[TranslationPair]) -> bool:
    text = "".join(pair.stable for pair in pairs)
    return sum(character.isspace() for character in text) >= _SPACES * len(text)
