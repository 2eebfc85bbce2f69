"""What would stop a run, found before TensorFlow is loaded: its import alone takes longer than to look."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.baseline import baseline
from pipeline.components.ingest_plan import Part, ReadTask, read_tasks, tasks_of
from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError, DataError
from pipeline.evaluation.tokenizers import check_tokenizer
from pipeline.initial import initial_translator
from pipeline.preview import refuse_unfit
from pipeline.schedule.spans import newest, refuse_absent
from pipeline.succession import refuse_other_languages
from texts.formats.files import is_elsewhere


def preflight(config: RunConfig, parts: Sequence[Part] = (), before: int | None = None) -> list[Path]:
    """Look at all that a run needs and that can be looked at, and return the corpus files; `parts` and
    `before` as in `pipeline.build`.

    Raises:
        ConfigurationError: a split that no corpus fills, a workspace or a model root that cannot be one, a
            version that is said to serve and is not on disk or of other languages, weights that do not fit,
            a tokenizer that is not here.
        DataError: a corpus file that is not there, empty, no file, without the columns or fields that are
            asked for; a vocabulary larger than its sentences allow.
        ServingError: models.config cannot be read.
    """
    tasks = _tasks(config, parts)
    files = _files(tasks)
    _check_folder("workspace", config.workspace.absolute() / config.name)
    _check_folder("push.model_root", config.push.model_root.absolute() / config.pushed_name)
    refuse_other_languages(config)
    initial = initial_translator(config, baseline(config, before))
    check_tokenizer(config.evaluation.tokenize)
    refuse_unfit(config, tasks, learns=initial is None)
    return files


def corpus_files(config: RunConfig, parts: Sequence[Part] = ()) -> list[Path]:
    """The files of this machine that would be read now, in the order of the configuration.

    Raises:
        ConfigurationError, DataError: see `preflight`.
    """
    return _files(_tasks(config, parts))


def _tasks(config: RunConfig, parts: Sequence[Part]) -> list[ReadTask]:
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


def _files(tasks: Sequence[ReadTask]) -> list[Path]:
    local = [path for task in tasks for _, path in task.files if not is_elsewhere(path)]
    refuse_absent(local)
    found = [Path(path) for path in local]
    for path in found:
        _check_file(path)
    return found


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


def _check_folder(key: str, folder: Path) -> None:
    """Nothing is made: the nearest folder that is there must let `folder`, named by a key, be made in it."""
    for path in (folder, *folder.parents):
        if path.is_dir():
            if not os.access(path, os.W_OK | os.X_OK):
                raise ConfigurationError(
                    f"{key}: {path} cannot be written, and {folder} is to be there: name another folder, or "
                    "see that this user may write there"
                )
            return
        if path.exists() or path.is_symlink():
            raise ConfigurationError(
                f"{key}: {path} is no folder, and {folder} is to be one: name another place"
            )
