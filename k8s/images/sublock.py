"""`python sublock.py LOCK REQUIREMENT`: the part of a lock that one requirement needs, hashes and all.

`dragoman` and its extras, as `dragoman[server]`, are read from pyproject.toml, as far as their markers hold
for the Python that runs this; any other name is looked up in the lock. The lock says beside each package who
needs it, so the answer takes no index and no resolver: what is installed is the lock's choice alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

try:
    from packaging.requirements import Requirement
except ModuleNotFoundError:  # In the image's first stage, where pip, which runs next, carries one.
    from pip._vendor.packaging.requirements import Requirement

_PROJECT = "dragoman"
_ENTRY = re.compile(r"^[a-z0-9][a-z0-9._-]*(?===)", re.MULTILINE)
_PARENT = re.compile(
    r"^    #   (?:via )?([a-z0-9][a-z0-9._-]*)$|^    # via ([a-z0-9][a-z0-9._-]*)$", re.MULTILINE
)


def entries(lock: str) -> dict[str, str]:
    """The lock's text for each package, by name; all of it where Pythons have versions of their own."""
    matches = list(_ENTRY.finditer(lock))
    ends = [match.start() for match in matches[1:]] + [len(lock)]
    texts: dict[str, str] = {}
    for match, end in zip(matches, ends, strict=True):
        texts[match.group()] = texts.get(match.group(), "") + lock[match.start() : end]
    return texts


def direct(project: Mapping[str, Any], requirement: str, python: str) -> Iterator[str]:
    """The names that a requirement stands for; the project itself stands for what it and its extras name.

    python: the version whose markers hold, as "3.13".
    """
    asked = Requirement(requirement)
    if asked.marker is not None and not asked.marker.evaluate({"python_version": python}):
        return
    name = re.sub(r"[-_.]+", "-", asked.name).lower()
    if name != _PROJECT:
        yield name
        return
    wanted = [*project["dependencies"]]
    for extra in sorted(asked.extras):
        if extra not in project["optional-dependencies"]:
            raise KeyError(f"{_PROJECT} has no extra {extra}")
        wanted += project["optional-dependencies"][extra]
    for need in wanted:
        yield from direct(project, need, python)


def closure(texts: Mapping[str, str], names: set[str]) -> set[str]:
    """The packages with all that they need, as the lock's comments say.

    Raises: KeyError for a name that is not in the lock.
    """
    missing = sorted(names - texts.keys())
    if missing:
        raise KeyError(f"not in the lock: {', '.join(missing)}; run `make lock`")
    needs: dict[str, set[str]] = {name: set() for name in texts}
    for name, text in texts.items():
        for parent in _PARENT.findall(text):
            needs.setdefault("".join(parent), set()).add(name)
    todo, chosen = set(names), set[str]()
    while todo:
        name = todo.pop()
        chosen.add(name)
        todo |= needs[name] - chosen
    return chosen


def sublock(lock: str, project: Mapping[str, Any], requirement: str, python: str) -> str:
    """A lock in itself, in the lock's order and without its comments."""
    texts = entries(lock)
    chosen = closure(texts, set(direct(project, requirement, python)))
    return "".join(
        re.sub(r"^    #.*\n", "", texts[name], flags=re.MULTILINE) for name in texts if name in chosen
    )


if __name__ == "__main__":
    import tomllib

    _read = tomllib.loads((Path(__file__).parent / "pyproject.toml").read_text("utf-8"))
    _python = ".".join(map(str, sys.version_info[:2]))
    sys.stdout.write(sublock(Path(sys.argv[1]).read_text("utf-8"), _read["project"], sys.argv[2], _python))
