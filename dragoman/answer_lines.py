"""How `dragoman translate` writes answers, lines or JSON, and what it warns of afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING, Any

from dragoman.cards import Chances
from dragoman.console import err
from dragoman.source_lines import SourceLines

if TYPE_CHECKING:
    from serving.client import Alignment, Alternatives, Translation

_NAMED = 10  # lines that a warning names


@dataclass
class Tally:
    """What is said after all answers: the hypotheses that a sentence had, answers that were cut, and the
    numbers of lines, from 1, whose translation is too short or lacks what it should have."""

    hypotheses: int
    cut: int = 0
    too_short: list[int] = field(default_factory=list)
    unmet: list[int] = field(default_factory=list)


def write_answers(
    file: IO[bytes],
    answers: Iterable[Translation | Alternatives | Alignment],
    n_best: int,
    scores: bool,
    as_json: bool,
    report: Callable[[], None],
    chances: Chances,
) -> Tally:
    """Each answer when it comes."""
    tally, before = Tally(n_best), "[\n "
    for number, answer in enumerate(answers, start=1):
        ranked = _hypotheses(answer)[:n_best]
        tally.hypotheses = len(ranked)
        tally.cut += getattr(answer, "truncated", False)
        if getattr(answer, "unmet", ()):
            tally.unmet.append(number)
        if answer.too_short:
            tally.too_short.append(number)
        if as_json:
            text, before = before + _json(answer, ranked, chances), ",\n "
        else:
            text = "".join(_line(*hypothesis, scores) for hypothesis in ranked) + "\n" * (n_best > 1)
        file.write(text.encode("utf-8", "replace"))
        report()
    if as_json:
        file.write(b"[]\n" if before.startswith("[") else b"\n]\n")
    return tally


def _hypotheses(answer: Translation | Alternatives | Alignment) -> list[tuple[str, float]]:
    several: Any = answer
    if hasattr(answer, "texts"):
        return list(zip(several.texts, several.scores, strict=True))
    links = "".join(f" {source}-{target}" for source, target in getattr(answer, "words", ()))
    return [(several.text + (f"\t{links[1:]}" if hasattr(answer, "words") else ""), several.score)]


def _line(text: str, score: float, scores: bool) -> str:
    flat = text.replace("\r", " ").replace("\n", " ")  # one line in, one line out
    return (f"{score:.4f}\t" if scores else "") + flat + "\n"


def _json(
    answer: Translation | Alternatives | Alignment, ranked: list[tuple[str, float]], chances: Chances
) -> str:
    several: Any = answer
    hypotheses = [{"text": text, "score": score} for text, score in ranked]
    value = (
        {"hypotheses": hypotheses, "truncated": several.truncated, "too_short": several.too_short}
        if hasattr(answer, "texts")
        else {
            key: part for key, part in asdict(answer).items() if key != "version" and (key != "unmet" or part)
        }
    )
    if (chance := chances.of(answer)) is not None:
        value["confidence"] = chance
    if hasattr(answer, "words"):
        value |= {
            key: getattr(answer, key) for key in ("words", "source_spans", "target_spans", "word_spans")
        }
    return json.dumps(value, ensure_ascii=False)


def warn(sources: SourceLines, tally: Tally, n_best: int, split: bool) -> None:
    """Say what is to be looked at, and where."""
    warnings = []
    if tally.hypotheses < n_best:
        warnings.append(f"the model gives {tally.hypotheses} hypotheses a sentence, not {n_best}")
    if tally.cut:
        warnings.append(f"{tally.cut} of {sources.count} lines were cut at the model's limit")
    if tally.unmet:
        warnings.append(
            f"{len(tally.unmet)} of {sources.count} translations lack some of what they should have (line "
            f"{_some(tally.unmet)}), for want of room or of pieces for it: --json tells what"
        )
    if tally.too_short:
        cure = "look at them" if split else "look at them, or leave --no-split out"
        warnings.append(
            f"{len(tally.too_short)} of {sources.count} translations are suspiciously short for their source "
            f"(line {_some(tally.too_short)}): {cure}"
        )
    if sources.damaged:
        warnings.append(
            f"{sources.damaged} of {sources.count} lines were no UTF-8; what was none became U+FFFD"
        )
    for warning in warnings:
        err.print(f"warning: {warning}", markup=False)


def _some(numbers: list[int]) -> str:
    return ", ".join(str(number) for number in numbers[:_NAMED]) + (", …" if len(numbers) > _NAMED else "")
