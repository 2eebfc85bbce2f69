"""Real messages with placeholders and markup: Django's, fetched from PyPI into build/, none of them ours."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib

from tests.texts.made_texts import Sample

RELEASE = "django==5.2.8"
_KEPT = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|https?://[^\s<>\"')]+[^\s<>\"').,]")
_TAG = re.compile(r"</?[a-z][^<>]*>")


def fetched(folder: Path) -> Path:
    """The folder in which this release is unpacked, if it is not there yet.

    Raises:
        SystemExit: it cannot be fetched.
    """
    place = folder / RELEASE.replace("==", "-")
    if not place.is_dir():
        partial = place.with_suffix(".partial")
        command = [*_installer(), "install", "--quiet", "--no-deps", "--target", str(partial), RELEASE]
        try:
            subprocess.run(command, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"{RELEASE} cannot be fetched ({error}): see whether PyPI is reached, or give --real 0")
        partial.rename(place)
    return place


def _installer() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    uv = shutil.which("uv")
    return [uv, "pip"] if uv else ["pip"]


def real_texts(folder: Path, count: int) -> list[Sample]:
    """The first so many messages of its catalogues with something that has to come back."""
    messages: dict[str, None] = {}
    for file in sorted(folder.glob("django/**/locale/de/LC_MESSAGES/*.po")):
        for entry in polib.pofile(str(file)):
            for message in (entry.msgid, entry.msgid_plural):
                if message and (_KEPT.search(message) or _TAG.search(message)):
                    messages[message] = None
    return [_sample(message) for message in list(messages)[:count]]


def _sample(message: str) -> Sample:
    things = tuple(dict.fromkeys(_KEPT.findall(message)))
    return Sample(message, "html" if _TAG.search(message) else "text", things)
