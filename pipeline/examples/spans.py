"""Which spans are on disk: the files that the patterns of the corpora stand for, by span.

`{SPAN}` (or `{SPAN:4}`) is a number; `{YYYY}`, `{MM}` and `{DD}` are a date, whose number is the days since
1970-01-01, as TFX counts. Of several `{VERSION}` the highest counts.
"""

from __future__ import annotations

import datetime
import glob
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError, DataError
from pipeline.examples.tasks import Ingestion, read_tasks

_TOKEN = re.compile(r"\{(SPAN|VERSION|YYYY|MM|DD)(?::(\d+))?\}")
_GROUPS = {"SPAN": "span", "VERSION": "version", "YYYY": "year", "MM": "month", "DD": "day"}
_DIGITS = {"YYYY": "4", "MM": "2", "DD": "2"}
_EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class SpanFiles:
    """`spans`: each whole span, ascending, with its files by name (`CORPUS/SPLIT/SIDE`); `fixed`: the files
    without a span; `incomplete`: what is said of spans that lack a file, by span."""

    spans: Mapping[int, Mapping[str, str]]
    fixed: Mapping[str, str]
    incomplete: Mapping[int, str]

    def parts(self, config: RunConfig, spans: Sequence[int]) -> list[Ingestion]:
        """The ingestions of a run over these spans."""
        fixed = tuple(
            corpus
            for corpus in config.corpora
            if any(task.corpus == corpus and not task.spanned for task in read_tasks(config.corpora))
        )
        parts = [Ingestion(None, fixed, self.fixed)] if fixed else []
        for span in spans:
            names = {name.rsplit("/", 2)[0] for name in self.spans[span]}
            corpora = tuple(corpus for corpus in config.corpora if corpus.name in names)
            parts.append(Ingestion(span, corpora, self.spans[span]))
        return parts


def find_spans(config: RunConfig) -> SpanFiles:
    """Look at the folders.

    Raises:
        ConfigurationError: no corpus has a span in its files' names, or a name is no pattern.
        DataError: a file without a span is not there.
    """
    by_span: dict[int, dict[str, str]] = {}
    incomplete: dict[int, str] = {}
    fixed: dict[str, str] = {}
    tasks = read_tasks(config.corpora)
    if not any(task.spanned for task in tasks):
        raise ConfigurationError(
            "spans: no corpus has {SPAN} in the names of its files: put it there, as "
            "news-{SPAN}.en, or leave the section `spans` out"
        )
    for corpus in config.corpora:
        files = [
            file for task in tasks if task.corpus == corpus and task.spanned for file in task.file_keys()
        ]
        fixed |= {
            name: path
            for task in tasks
            if task.corpus == corpus and not task.spanned
            for name, path in task.file_keys()
        }
        by_file = {name: _matches(pattern) for name, pattern in files}
        for span in {span for matches in by_file.values() for span in matches}:
            missing = [pattern for name, pattern in files if span not in by_file[name]]
            if missing:
                incomplete[span] = (
                    f"span {span} of corpus `{corpus.name}` is not whole yet: no file {missing[0]} for it"
                )
            by_span.setdefault(span, {}).update(
                {name: matches[span] for name, matches in by_file.items() if span in matches}
            )
    refuse_absent(fixed.values())
    whole = {span: by_span[span] for span in sorted(by_span) if span not in incomplete}
    return SpanFiles(whole, fixed, incomplete)


def refuse_absent(paths: Iterable[str]) -> None:
    """Raise DataError for files that are not there, with the names of all."""
    absent = sorted({path for path in paths if not Path(path).exists()})
    if absent:
        raise DataError(
            f"corpus files do not exist: {', '.join(absent)}; correct the paths in the run's configuration"
        )


def newest(pattern: str) -> str:
    """The path that a pattern stands for now: that of its newest span.

    Raises:
        ConfigurationError: it is no pattern.
        DataError: no file matches it.
    """
    if not _TOKEN.search(pattern):
        return pattern
    paths = _matches(pattern)
    if not paths:
        raise DataError(f"no file matches {pattern}: correct the path or add the files")
    return paths[max(paths)]


def digest(files: Mapping[str, str]) -> str:
    """Of the names and the contents."""
    outer = hashlib.blake2b(digest_size=16)
    for name, path in sorted(files.items()):
        inner = hashlib.blake2b(digest_size=16)
        try:
            with open(path, "rb") as file:
                while chunk := file.read(1 << 20):
                    inner.update(chunk)
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror}") from None
        outer.update(f"{name}\0{inner.hexdigest()}\n".encode())
    return outer.hexdigest()


def _matches(pattern: str) -> dict[int, str]:
    """The path of each span's newest version."""
    expression, names = _expression(pattern)
    best: dict[int, tuple[int, str]] = {}
    for path in sorted(glob.glob(_TOKEN.sub("*", pattern))):
        match = expression.fullmatch(path)
        if match is None:
            continue
        span = _number(match, names)
        version = int(match["version"]) if "version" in names else 0
        if span is not None and (span not in best or version > best[span][0]):
            best[span] = (version, path)
    return {span: path for span, (_, path) in best.items()}


def _expression(pattern: str) -> tuple[re.Pattern[str], set[str]]:
    text, names, end = "", set[str](), 0
    for token in _TOKEN.finditer(pattern):
        name = _GROUPS[token[1]]
        if name in names:
            raise ConfigurationError(f"{pattern}: {token[0]} is there twice; write each once")
        names.add(name)
        digits = token[2] or _DIGITS.get(token[1])
        text += _plain(pattern[end : token.start()])
        text += rf"(?P<{name}>\d{{{digits}}})" if digits else rf"(?P<{name}>\d+)"
        end = token.end()
    if not ("span" in names) ^ ({"year", "month", "day"} <= names):
        raise ConfigurationError(f"{pattern}: give either {{SPAN}}, or all of {{YYYY}}, {{MM}} and {{DD}}")
    return re.compile(text + _plain(pattern[end:]), re.ASCII), names


def _plain(text: str) -> str:
    """What is between the tokens, in which `*` and `?` may stand as in a shell."""
    return re.escape(text).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")


def _number(match: re.Match[str], names: set[str]) -> int | None:
    """The span; None for a date that no calendar has."""
    if "span" in names:
        return int(match["span"])
    try:
        date = datetime.date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
    return (date - _EPOCH).days
