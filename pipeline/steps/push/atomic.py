"""The push: a version appears whole, by one rename, or not at all.

Everything is written into `MODEL_ROOT/NAME/.pushing-…`, a name that a model server takes for no version, and
synced; then the folder is renamed to its number. A kill leaves the `.pushing-…` folder, which the next push
removes: it holds the lock, so whoever made the folder is dead.

A run that was stalled while another took its workspace over pushes nothing: it asks for its lease right
before the rename, and should it be stalled just between the two, it finds its folder revoked (see
`pipeline.workspace.staged`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from absl import logging

from contracts.card import EXTRA, JSON_NAME, MARKDOWN_NAME, ModelCard
from contracts.disk import describe
from contracts.errors import RecordError
from contracts.files import sync
from pipeline.errors import PushError
from pipeline.steps.push.card_markdown import markdown
from pipeline.steps.push.lock import exclusive
from pipeline.steps.push.numbering import next_version, remember
from pipeline.steps.push.warmup import write_warmup
from pipeline.workspace import lease
from pipeline.workspace.durable import copy_tree, sync_tree
from pipeline.workspace.staged import PREFIX, staging
from serving.versions import numbered, parse

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Pushed(NamedTuple):
    """The version of a candidate; `new`: it was not there before."""

    version: int
    new: bool


def push(
    export_dir: Path,
    model_root: Path,
    model_name: str,
    card: ModelCard,
    canary_sentences: Sequence[str],
    languages: Sequence[str] = (),
) -> Pushed:
    """Make an exported model the next version of `MODEL_ROOT/NAME`; never touches `models.config`. Warm-up
    asks for the sentences, in the languages as `write_warmup` takes them.

    Pushing a candidate again (the same files, and the same facts on the card) gives the version that it has
    already; with a corrected card it becomes a new version.

    Raises:
        PushError: nothing of the candidate is visible, and nothing of it is left behind.
    """
    if not _NAME.fullmatch(model_name) or parse(model_name) is not None:
        raise PushError(
            f"{model_name!r} is no model name: use letters, digits, `.`, `_` and `-`, not only digits"
        )
    if not (export_dir / "saved_model.pb").is_file():
        raise PushError(f"{export_dir} is no SavedModel (it has no saved_model.pb): export the model again")
    folder = model_root / model_name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sync(model_root)
        with exclusive(folder):
            _remove_leftovers(folder)
            version = _version_of(card, folder)
            if version is not None:
                sync(folder)
                return Pushed(version, new=False)
            version = _push(export_dir, model_root, model_name, card, canary_sentences, languages)
            return Pushed(version, new=True)
    except OSError as error:
        lease.require()  # the folder may be gone because another run has taken over
        raise PushError(f"cannot push to {folder}: {describe(error)}") from error


def _push(
    export_dir: Path,
    model_root: Path,
    model_name: str,
    card: ModelCard,
    canary_sentences: Sequence[str],
    languages: Sequence[str],
) -> int:
    """Under the lock."""
    folder = model_root / model_name
    temporary = staging(folder)
    try:
        copy_tree(export_dir, temporary)
        extra = temporary / EXTRA
        extra.mkdir(exist_ok=True)
        write_warmup(temporary, model_name, canary_sentences, extra, languages)
        while True:
            version = next_version(model_root, model_name)
            numbered = card.model_copy(update={"model": model_name, "version": version})
            (extra / JSON_NAME).write_text(numbered.as_json(), encoding="utf-8")
            (extra / MARKDOWN_NAME).write_text(markdown(numbered), encoding="utf-8")
            sync_tree(temporary)
            remember(folder, version)
            if _publish(temporary, folder, version):
                return version
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _publish(temporary: Path, folder: Path, version: int) -> bool:
    """The rename; False where somebody who does not know the lock has taken the number meanwhile."""
    if version in dict(numbered(folder)):
        return False
    lease.require()
    try:
        # rename(2) never replaces a folder that holds something.
        os.rename(temporary, folder / str(version))
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            return False
        raise
    try:
        sync(folder)
    except OSError as error:
        # The version is visible, and servers may have it already: it cannot be taken back.
        logging.warning(
            "%s: version %d may be gone after a power failure: %s", folder, version, describe(error)
        )
    return True


def _remove_leftovers(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.name.startswith(PREFIX):
            shutil.rmtree(entry)


def _version_of(card: ModelCard, folder: Path) -> int | None:
    """The newest version pushed from this candidate; one without a readable card is from another."""
    for version, path in sorted(numbered(folder), reverse=True):
        with contextlib.suppress(RecordError):
            if card.same_version(ModelCard.load(path)):
                return version
    return None
