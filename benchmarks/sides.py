"""Two checkouts at work beside each other, an older one and this one: benchmarks/subject.py in both."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from benchmarks.child import Child, ChildError
from benchmarks.machine import cores
from grammar import generate
from serving.onednn import VARIABLE

_ROOT = Path(__file__).resolve().parents[1]
_SUBJECT = Path(__file__).with_name("subject.py")
_FIRST = "e993be7"
"""Stands for the last release until there is a tag."""
_PAIRS = 1000
"""Of the embedded corpus, for cleaning; searched and trained with are some of them."""
_SENTENCES = 256


DEFAULT_SEARCH: dict[str, Any] = {"beams": 4, "length_penalty": 0.6, "patience": None}
"""What an export searches with where nobody set it; written out, so that both sides do, whatever their
defaults."""


class Side(Protocol):
    """A checkout at work: a `Child` that runs benchmarks/subject.py."""

    def ask(self, question: Any) -> Any: ...


class Both(NamedTuple):
    """Two checkouts that are ready."""

    old: Side
    new: Side
    name: str
    """Of the old one."""
    works: list[str]
    missing: dict[str, str]
    """What the old one cannot do, and why."""


@contextmanager
def sides(
    old: str | None, translator: Path, works: Mapping[str, Mapping[str, Any]], folder: Path
) -> Iterator[Both]:
    """Start both, each with its checkout's code, and wait until they are warm.

    Args:
        old: a commit, a tag, the folder of a checkout or of an export; None: the last release.
        translator: the folder of the weights that both have.
        works: what benchmarks/subject.py does, by name.
        folder: takes all that is written.

    Raises:
        SystemExit: there is no such commit or folder, or this checkout cannot do a work.
    """
    name, checkout, export = _resolve(old, folder)
    if export:  # It searches in one way, the default.
        works = {key: work for key, work in works.items() if work.get("search") == DEFAULT_SEARCH}
    job = _job(translator, works, folder)
    children = [
        _start(job | {"export": str(export) if export else None}, checkout, folder / "old"),
        _start(job | {"export": None}, _ROOT, folder / "new"),
    ]
    try:
        try:
            missing, broken = (
                {work: why for work, why in child.listen().items() if why} for child in children
            )
        except ChildError as error:
            sys.exit(f"a side did not get ready: {error}")
        if broken:
            sys.exit("\n".join(f"this checkout cannot do {work}: {why}" for work, why in broken.items()))
        yield Both(*children, name, [work for work in works if work not in missing], missing)
    finally:
        for child in children:
            child.close()


def _resolve(old: str | None, folder: Path) -> tuple[str, Path, Path | None]:
    """Its name, the folder of its code, and the export where it is one."""
    place = Path(old) if old else None
    if place and (place / "saved_model.pb").exists():
        return f"export {place.name}", _ROOT, place.resolve()
    if place and (place / "trainer").is_dir():
        return f"checkout {place.resolve().name}", place.resolve(), None
    commit = old or _last_release()
    archive = subprocess.run(["git", "archive", commit], cwd=_ROOT, capture_output=True, check=False)
    if archive.returncode:
        message = archive.stderr.decode(errors="replace").strip()
        sys.exit(
            f"{commit} is no commit, no checkout and no export here ({message}): give another with --old"
        )
    checkout = folder / "checkout"
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(checkout)
    return commit, checkout, None


def _last_release() -> str:
    """The newest tag before the commit that is checked out, or what stands for it."""
    command = ["git", "describe", "--tags", "--abbrev=0", "HEAD^"]
    tag = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    return tag.stdout.strip() or _FIRST


def _job(translator: Path, works: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What both are told; writes the corpus into the folder."""
    made = generate(_PAIRS, seed=1)
    splits = {"train": made.train, "dev": made.dev, "test": made.test}
    corpus: dict[str, dict[str, str]] = {}
    for split, pairs in splits.items():
        corpus[split] = {side: str(folder / f"{split}.{side}") for side in ("source", "target")}
        for side, path in corpus[split].items():
            lines = "".join(f"{getattr(pair, side)}\n" for pair in pairs)
            Path(path).write_text(lines, encoding="utf-8")
    return {
        "translator": str(translator.resolve()),
        "works": dict(works),
        "cores": cores(),
        "corpus": corpus,
        "pairs": sum(map(len, splits.values())),
        "sentences": [pair.source for pair in made.train[:_SENTENCES]],
        "references": [pair.target for pair in made.train[:_SENTENCES]],
    }


def _start(job: Mapping[str, Any], checkout: Path, folder: Path) -> Child:
    """A process whose imports are the checkout's."""
    folder.mkdir()
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    code = f"import runpy; runpy.run_path({str(_SUBJECT)!r}, run_name='__main__')"
    # With -c the folder it runs in stands first in sys.path, before what is installed.
    command = [sys.executable, "-W", "ignore", "-c", code, str(folder / "job.json"), str(folder)]
    return Child(command, {VARIABLE: "0"}, checkout)
