"""The embedded corpus as line-aligned files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contracts.errors import DataError
from grammar.generator import SEEN, UNSEEN, EmbeddedPairs, Pair


def _parts(corpus: EmbeddedPairs) -> dict[str, Sequence[Pair]]:
    return {
        "train": corpus.train,
        "dev": corpus.dev,
        "test-seen": corpus.test_slice(SEEN),
        "test-unseen": corpus.test_slice(UNSEEN),
    }


def write_corpus(corpus: EmbeddedPairs, folder: Path, force: bool = False) -> dict[str, int]:
    """Write `train.en`, `train.de`, `dev.*`, `test-seen.*`, `test-unseen.*`; returns pairs per part.

    Raises:
        DataError: a file is there already and `force` is not given, or the folder cannot be written.
    """
    parts = _parts(corpus)
    paths = [folder / f"{part}.{language}" for part in parts for language in ("en", "de")]
    existing = [path.name for path in paths if path.exists()]
    if existing and not force:
        raise DataError(
            f"{folder} already holds {', '.join(existing)}: use --force to overwrite, or another folder"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part, pairs in parts.items():
            for language, lines in (("en", [p.source for p in pairs]), ("de", [p.target for p in pairs])):
                (folder / f"{part}.{language}").write_text(
                    "".join(f"{line}\n" for line in lines), encoding="utf-8"
                )
    except OSError as error:
        raise DataError(
            f"cannot write the corpus to {folder}: {error.strerror}: choose a folder that can be"
        ) from error
    return {part: len(pairs) for part, pairs in parts.items()}
