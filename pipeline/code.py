"""Which code a component runs. TFX's cache key has parameters and inputs in it, but no code: without this, a
changed Cleaner would go on giving out what the old one had made.

The version is a digest of the component's module and of all that it imports from our rooms, without comments,
docstrings and layout. It decides about executions, not about trainings: the Trainer finds a finished training
by `TRAINING_REVISION` and the fingerprint of its data (components/training.py), and then only exports again.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from tfx.dsl.components.base.base_node import BaseNode

ROOT = Path(__file__).resolve().parents[1]
PROPERTY = "code_version"
_ROOMS = ("contracts", "grammar", "pipeline", "texts", "trainer")
# What is set in them is in the parameters; with them, every new key would run every component again.
_LEFT_OUT = {f"{room}.{module}" for room in _ROOMS for module in ("config", "errors")}
_DATA = ("*.html", "*.css")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def stamp(node: BaseNode) -> None:
    """Put the code's version into the parameters of a component of ours; TFX's own have their version."""
    module = type(node).__module__
    if module.split(".")[0] in _ROOMS:
        files = [kind.file(name) for kind, name in getattr(node, "things", ())]
        node.exec_properties[PROPERTY] = code_version(module, things=files)


def code_version(module: str, root: Path = ROOT, things: Iterable[Path] = ()) -> str:
    """Digest of a module and of what it imports, in hex.

    Args:
        module: as `pipeline.components.clean`.
        root: the folder of the rooms.
        things: files of what the component finds by name; those of others are taken alone.
    """
    digest = hashlib.sha256()
    folders = set()
    found = _closure(module, root)
    for thing in things:
        if thing.is_relative_to(root):
            found |= _closure(".".join(thing.relative_to(root).with_suffix("").parts), root)
        else:
            found[str(thing.name)] = thing
    for name, path in sorted(found.items()):
        digest.update(f"{name} {_read(path)[0]}\n".encode())
        folders.add(path.parent)
    for path in sorted(path for folder in folders for pattern in _DATA for path in folder.glob(pattern)):
        digest.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _closure(module: str, root: Path) -> dict[str, Path]:
    """The modules of our rooms that importing this one runs, with their files."""
    found: dict[str, Path] = {}
    todo = [module]
    while todo:
        name = todo.pop()
        path = _file(name, root)
        if path is None or name in found or name in _LEFT_OUT:
            continue
        found[name] = path
        parents = name.split(".")[:-1]
        todo += [".".join(parents[:end]) for end in range(1, len(parents) + 1)]
        todo += _read(path)[1]
    return found


def _file(module: str, root: Path) -> Path | None:
    """Where a module of our rooms lies; None for what is no module, or of somebody else."""
    if module.split(".")[0] not in _ROOMS:
        return None
    place = root.joinpath(*module.split("."))
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


@lru_cache(maxsize=1000)
def _read(path: Path) -> tuple[str, tuple[str, ...]]:
    """Digest of what a file means, and the names that it imports."""
    tree = ast.parse(path.read_bytes())
    imported = tuple(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), imported


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            # `from package import module`
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
