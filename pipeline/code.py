"""Which code a component runs. TFX's cache key has parameters and inputs in it, but no code: without this, a
changed Cleaner would go on giving out what the old one had made.

The version is a digest of the component's module and of all that it imports from our rooms, without comments,
docstrings and layout, and without what a configuration declares: what is set is in the parameters. What a
component finds by name is no import: it names it, things (`contracts.kinds`) in its attribute `things`, what
it starts as a program in `programs`. The version decides about executions, not about trainings: the Trainer
finds a finished training by `TRAINING_REVISION` and the fingerprint of its data
(pipeline/steps/train/training_folder.py), and then only exports again.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel
from tfx.dsl.components.base.base_node import BaseNode

from contracts.kinds import Kind
from contracts.settings import named_files, things
from pipeline.fingerprint import fingerprint

ROOT = Path(__file__).resolve().parents[1]
PROPERTY = "code_version"
THINGS = "things"
"""A component's attribute: the pairs of a `Kind` and a name that it finds by name (`contracts.settings`)."""
FILES = "files"
"""A component's attribute: files and folders that its settings name, of which TFX's cache would see the names
alone (`contracts.settings`)."""
FILES_PROPERTY = "files_digest"
PROGRAMS = "programs"
"""A component's attribute: packages of ours that it starts as `python -m` does."""
_ROOMS = ("contracts", "grammar", "pipeline", "serving", "texts", "trainer")
# What is set in them is in the parameters; with them, every new key would run every component again.
_LEFT_OUT = (
    *(f"{room}.{module}" for room in _ROOMS for module in ("config", "errors")),
    "pipeline.steps.base",
)
_DATA = ("*.html", "*.css")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# They serve what is left out, and bring nothing that a component could run.
_TYPES = {"__future__", "typing", "collections.abc", "pydantic"}


def uses(node: BaseNode, settings: BaseModel) -> None:
    """Say what a component uses beside its module: what its settings name.

    Raises:
        DragomanError: a file that they name is not what it should be.
    """
    setattr(node, THINGS, things(settings))
    setattr(node, FILES, named_files(settings))


def belongs_to(node: BaseNode, kind: Kind, name: str) -> None:
    """Say whose component it is: what comes from outside may have it in a file of its own. What ours declare
    of themselves is in the parameters."""
    if _is_outside(kind.file(name), ROOT):
        setattr(node, THINGS, (*getattr(node, THINGS, ()), (kind, name)))


def stamp(node: BaseNode) -> None:
    """Put the code's version into the parameters of a component, and where its settings name files what these
    hold; TFX's own components have their version.

    Raises:
        KindError: a name that it finds its code by means nothing.
    """
    if files := getattr(node, FILES, ()):
        node.exec_properties[FILES_PROPERTY] = fingerprint(files)
    module = type(node).__module__
    if module.split(".")[0] != "tfx":
        used: Iterable[tuple[Kind, str]] = getattr(node, THINGS, ())
        sources = [kind.file(name) for kind, name in used]
        programs: Iterable[str] = getattr(node, PROGRAMS, ())
        node.exec_properties[PROPERTY] = code_version(module, things=sources, programs=programs)


def code_version(
    module: str, root: Path = ROOT, things: Iterable[Path] = (), programs: Iterable[str] = ()
) -> str:
    """Digest of a module and of what it imports, in hex.

    Args:
        module: as `pipeline.steps.clean.component`; one that is not of our rooms is known by `things`.
        root: the folder of the rooms.
        things: files of what is found by name, of ours, of an installed package or of a user's folder.
        programs: packages that are started by name.
    """
    modules = [module, *(f"{program}.__main__" for program in programs)]
    return _digest(modules, dict.fromkeys(_ROOMS, root), things, root)


def code_from_outside(things: Iterable[tuple[Kind, str]], root: Path = ROOT) -> str:
    """Digest of the code of things that are not the project's, each with what it imports of its own package;
    empty where all are the project's."""
    sources = [kind.file(name) for kind, name in things]
    outside = [path for path in sources if _is_outside(path, root)]
    return _digest([], {}, outside, root) if outside else ""


def _is_outside(path: Path, root: Path) -> bool:
    return not any(path.is_relative_to(root / room) for room in _ROOMS)


def _digest(modules: Iterable[str], packages: dict[str, Path], things: Iterable[Path], root: Path) -> str:
    """Of modules, of files, and of what these import of the packages and of their own."""
    given: dict[str, Path] = {}
    for path in things:
        if path.name == "__init__.py" and _is_outside(path, root):
            # A folder: all that is in it, for it imports its parts by names that only it understands.
            inside = path.parent.rglob("*.py")
            given |= {str(part.relative_to(path.parents[2])): part for part in inside}
            continue
        name, place = _named(path)
        given[name] = path
        packages.setdefault(name.split(".")[0], place)
    digest = hashlib.sha256()
    folders = set()
    for name, path in sorted(_closure(modules, packages, given).items()):
        digest.update(f"{name} {_read(path, name.split('.')[0] in _ROOMS)[0]}\n".encode())
        folders.add(path.parent)
    for path in sorted(path for folder in folders for pattern in _DATA for path in folder.glob(pattern)):
        digest.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _named(path: Path) -> tuple[str, Path]:
    """A file's module, and the folder that its package lies in; a user's file, which is in no package, as
    `architectures/gru`.
    """
    place = path.parent
    while (place / "__init__.py").is_file():
        place = place.parent
    if place == path.parent:
        return f"{place.name}/{path.stem}", place
    parts = path.relative_to(place).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts), place


def _closure(
    modules: Iterable[str], packages: Mapping[str, Path], given: Mapping[str, Path] | None = None
) -> dict[str, Path]:
    """The modules of these packages that importing these, and the files given, runs, with their files."""
    files: dict[str, Path] = {}
    given = given or {}
    todo = [*modules, *given]
    while todo:
        name = todo.pop()
        path = given.get(name) or _file(name, packages)
        if path is None or name in files or (name not in given and _is_left_out(name, path)):
            continue
        files[name] = path
        parents = name.split(".")[:-1]
        todo += [".".join(parents[:end]) for end in range(1, len(parents) + 1)]
        todo += _read(path, name.split(".")[0] in _ROOMS)[1]
    return files


def _is_left_out(module: str, path: Path) -> bool:
    """Of what is imported: settings, and what a step declares of itself, which are in the parameters."""
    folder = module.startswith("pipeline.steps.") and module.count(".") == 2 and path.name == "__init__.py"
    return folder or any(module == package or module.startswith(f"{package}.") for package in _LEFT_OUT)


def _file(module: str, packages: Mapping[str, Path]) -> Path | None:
    """Where a module of these packages lies; None for what is no module, or of somebody else."""
    parts = module.split(".")
    if parts[0] not in packages:
        return None
    place = packages[parts[0]].joinpath(*parts)
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _read(path: Path, ours: bool) -> tuple[str, tuple[str, ...]]:
    """Digest of what a file does, and the names that it imports. Of what is not ours, what a configuration
    declares counts too: no test notices a default that changes there.
    """
    return _parse(path.read_bytes(), ours)


@lru_cache(maxsize=1000)
def _parse(code: bytes, ours: bool) -> tuple[str, tuple[str, ...]]:
    tree = ast.parse(code)
    imported = tuple(_imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    if ours:
        tree.body = [statement for statement in tree.body if not _only_declares(statement)]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), imported


def _only_declares(node: ast.stmt) -> bool:
    """Whether nothing is left of a statement of a module without what a configuration declares: its keys, and
    the rules that a value must pass. A configuration class loses them.
    """
    if isinstance(node, ast.ImportFrom):
        return node.module in _TYPES
    if not isinstance(node, ast.ClassDef) or not any(map(_is_section, node.bases)):
        return False
    node.body = [statement for statement in node.body if not _declares(statement)]
    return not node.body


def _is_section(base: ast.expr) -> bool:
    """`Section`, or what derives from it, which our names show: `ModelConfig`, `FileCorpus`."""
    name = ast.unparse(base).rpartition(".")[2]
    return name in ("Section", "Chosen") or name.endswith(("Config", "Corpus"))


def _declares(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef):
        return any("_validator" in ast.unparse(decorator) for decorator in node.decorator_list)
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return "ClassVar" not in ast.unparse(node.annotation)  # Of the class itself: no key.
    # The texts below keys are documentation.
    return isinstance(node, ast.AnnAssign | ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            # `from package import module`
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
