"""`python sublock.py REQUIREMENT`: the part of requirements.lock that one requirement needs, hashes and all.

`dragoman` and its extras, as `dragoman[server]`, are read from pyproject.toml; any other name is looked up in
the lock. The lock says beside each package who needs it, so the answer needs no index and no resolver:
what is installed is the lock's choice and nothing else.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_PROJECT = "dragoman"
_ENTRY = re.compile(r"^[a-z0-9][a-z0-9._-]*(?===)", re.MULTILINE)
_PARENT = re.compile(
    r"^    #   (?:via )?([a-z0-9][a-z0-9._-]*)$|^    # via ([a-z0-9][a-z0-9._-]*)$", re.MULTILINE
)
_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[([^]]*)\])?")


def entries(lock: str) -> dict[str, str]:
    """The lock's text for each package, by name."""
    starts = list(_ENTRY.finditer(lock))
    ends = [one.start() for one in starts[1:]] + [len(lock)]
    return {one.group(): lock[one.start() : end] for one, end in zip(starts, ends, strict=True)}


def direct(project: Mapping[str, Any], requirement: str) -> Iterator[str]:
    """The names that a requirement stands for; the project itself stands for what it and its extras name."""
    name, extras = _split(requirement)
    if name != _PROJECT:
        yield name
        return
    wanted = [*project["dependencies"]]
    for extra in extras:
        if extra not in project["optional-dependencies"]:
            raise KeyError(f"{_PROJECT} has no extra {extra}")
        wanted += project["optional-dependencies"][extra]
    for one in wanted:
        yield from direct(project, one)


def closure(found: Mapping[str, str], names: set[str]) -> set[str]:
    """The packages with all that they need, as the lock's comments say.

    Raises: KeyError for a name that is not in the lock.
    """
    missing = sorted(names - found.keys())
    if missing:
        raise KeyError(f"not in requirements.lock: {', '.join(missing)}; run `make lock`")
    needs: dict[str, set[str]] = {name: set() for name in found}
    for name, text in found.items():
        for parent in _PARENT.findall(text):
            needs.setdefault("".join(parent), set()).add(name)
    todo, chosen = set(names), set[str]()
    while todo:
        name = todo.pop()
        chosen.add(name)
        todo |= needs[name] - chosen
    return chosen


def sublock(lock: str, project: Mapping[str, Any], requirement: str) -> str:
    """A lock in itself, in the lock's order and without its comments."""
    found = entries(lock)
    chosen = closure(found, set(direct(project, requirement)))
    return "".join(
        re.sub(r"^    #.*\n", "", found[name], flags=re.MULTILINE) for name in found if name in chosen
    )


def _split(requirement: str) -> tuple[str, list[str]]:
    match = _REQUIREMENT.match(requirement)
    assert match is not None, requirement
    name = re.sub(r"[-_.]+", "-", match.group(1)).lower()
    return name, [extra.strip() for extra in (match.group(2) or "").split(",") if extra.strip()]


if __name__ == "__main__":
    # Python 3.10 has no TOML reader of its own; pip, which runs next, carries one.
    from pip._vendor import tomli

    _here = Path(__file__).parent
    _read = tomli.loads((_here / "pyproject.toml").read_text("utf-8"))
    sys.stdout.write(sublock((_here / "requirements.lock").read_text("utf-8"), _read["project"], sys.argv[1]))
