"""What makes two inputs the same: their bytes, not where they lie or when they were written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(places: Iterable[Path], *texts: str) -> str:
    """SHA-256 over the files of folders (relative names and contents, in order), files, and texts, in hex."""
    digest = hashlib.sha256()
    for place in places:
        within = [place] if place.is_file() else place.rglob("*")
        for path in sorted(path for path in within if path.is_file()):
            _add(digest, str(path.relative_to(place)).encode())
            _add(digest, _of_file(path))
    for text in texts:
        _add(digest, text.encode())
    return digest.hexdigest()


def _add(digest: hashlib._Hash, content: bytes) -> None:
    """With its length, so that no two sequences of parts read the same."""
    digest.update(len(content).to_bytes(8, "big"))
    digest.update(content)


def _of_file(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.digest()
