"""Which files of which corpora are read, and into which splits: the configuration, flattened into tasks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from contracts.directions import Direction
from contracts.errors import ConfigurationError
from contracts.examples import SPLITS, TRAIN
from contracts.sections import Section
from pipeline.config import IngestConfig, Languages
from texts.formats.base import AnyCorpus, Corpus, Files

SPAN = re.compile(r"\{SPAN(:\d+)?\}|\{YYYY\}")


class IngestPlan(Section):
    """What the executor needs of the run's configuration; its JSON is part of the cache key.

    `spanned` chooses the files with a span or those without; None: all.
    """

    corpora: tuple[AnyCorpus, ...]
    languages: Languages
    ingest: IngestConfig
    spanned: bool | None = None
    directions: tuple[Direction, ...] = ()

    def tasks(self) -> list[ReadTask]:
        """What is to be read."""
        return [task for task in tasks_of(self.corpora) if self.spanned in (None, task.spanned)]


@dataclass(frozen=True)
class ReadTask:
    """One file, or one line-aligned pair of files, of one corpus.

    `split` is None where the corpus is split by hash (or splits itself, as the embedded one does). `files`
    maps the sides to paths or, before the driver has resolved them, patterns.
    """

    index: int
    corpus: Corpus
    split: str | None
    files: Files

    def file_keys(self) -> list[tuple[str, str]]:
        """A name for each file that is unique in the run, with the path or pattern."""
        return [(f"{self.corpus.name}/{self.split or 'all'}/{side}", path) for side, path in self.files]

    @property
    def spanned(self) -> bool:
        """Whether its files come span by span. Raises ConfigurationError if only one side does."""
        sides = {bool(SPAN.search(path)) for _, path in self.files}
        if len(sides) > 1:
            raise ConfigurationError(
                f"corpus `{self.corpus.name}`: one side of `{self.split or 'files'}` has a span in its name "
                "and the other has not; give both the same"
            )
        return True in sides

    def resolved(self, paths: Mapping[str, str]) -> ReadTask:
        """The same task with the paths that the driver found for its patterns."""
        names = [name for name, _ in self.file_keys()]
        return replace(
            self, files=tuple((side, paths[name]) for (side, _), name in zip(self.files, names, strict=True))
        )


@dataclass(frozen=True)
class Ingestion:
    """One ingestion of an incremental run: the files of one span, or (None) those that have no span.

    `paths`: the name of each file with its path, in which the span and the version are numbers.
    """

    span: int | None
    corpora: tuple[Corpus, ...]
    paths: Mapping[str, str]


def parse_plan(text: str) -> IngestPlan:
    """The plan from its JSON."""
    return TypeAdapter(IngestPlan).validate_json(text)


def read_tasks(corpora: tuple[Corpus, ...]) -> list[ReadTask]:
    """All tasks in the order of the configuration. Raises ConfigurationError for names used twice or a split
    that no corpus fills."""
    names = [corpus.name for corpus in corpora]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"two corpora are named `{name}`; give each its own name")
    tasks = tasks_of(corpora)
    _refuse_unfilled_split(tasks)
    return tasks


def tasks_of(corpora: tuple[Corpus, ...]) -> list[ReadTask]:
    """As `read_tasks`, of any corpora."""
    tasks: list[ReadTask] = []
    for corpus in corpora:
        for split, files in corpus.inputs():
            tasks.append(ReadTask(len(tasks), corpus, split, files))
    return tasks


def _fills(task: ReadTask, split: str) -> bool:
    if task.split is not None:
        return task.split == split
    shares = task.corpus.shares
    return shares is None or split == TRAIN or bool(getattr(shares, split))


def _refuse_unfilled_split(tasks: list[ReadTask]) -> None:
    for split in SPLITS:
        if not any(_fills(task, split) for task in tasks):
            raise ConfigurationError(
                f"no corpus fills the `{split}` split; give one `{split}:` files, or `split:` shares above 0"
            )
