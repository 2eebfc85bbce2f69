"""The corpus files that a run would read now, looked at without reading them."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.config import RunConfig
from pipeline.errors import DataError
from pipeline.examples.spans import newest, refuse_absent
from pipeline.examples.tasks import Ingestion, ReadTask, read_tasks, tasks_of
from texts.formats.files import is_elsewhere


def corpus_files(config: RunConfig, parts: Sequence[Ingestion] = ()) -> list[Path]:
    """The files of this machine that would be read now, in the order of the configuration.

    Raises:
        ConfigurationError: a split that no corpus fills.
        DataError: a file that is not there, empty, or no file.
    """
    local = [path for task in tasks_now(config, parts) for _, path in task.files if not is_elsewhere(path)]
    refuse_absent(local)
    paths = [Path(path) for path in local]
    for path in paths:
        _check_file(path)
    return paths


def tasks_now(config: RunConfig, parts: Sequence[Ingestion]) -> list[ReadTask]:
    """What would be read, with the paths that the patterns stand for now."""
    if parts:
        return [
            task.resolved(part.paths)
            for part in parts
            for task in tasks_of(part.corpora)
            if all(name in part.paths for name, _ in task.file_keys())
        ]
    return [
        replace(task, files=tuple((side, newest(pattern)) for side, pattern in task.files))
        for task in read_tasks(config.corpora)
    ]


def _check_file(path: Path) -> None:
    facts = path.stat()
    if stat.S_ISDIR(facts.st_mode):
        raise DataError(f"{path} is a folder: name the corpus file in it")
    if not stat.S_ISREG(facts.st_mode):
        raise DataError(f"{path} is no file: a corpus is read more than once, so give a regular file")
    if not facts.st_size:
        raise DataError(f"{path} is empty: give a corpus file with sentence pairs")
    if not os.access(path, os.R_OK):
        raise DataError(f"{path} cannot be read: see that its permissions let this user")
