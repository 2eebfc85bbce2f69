"""The rules of the house: who may know whom, how long a file may be, what must not enter the repository."""

from __future__ import annotations

import ast
import graphlib
import importlib.metadata
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
ROOMS = ("contracts", "dragoman", "grammar", "pipeline", "serving", "texts", "trainer")
# docs/contracts.md: a room may import itself and these.
MAY_KNOW = {
    "contracts": set[str](),
    "dragoman": {"contracts", "grammar", "pipeline", "serving", "texts", "trainer"},
    "grammar": {"contracts"},
    "pipeline": {"contracts", "serving", "texts", "trainer"},
    "serving": {"contracts", "texts"},
    "texts": {"contracts", "grammar"},
    "trainer": {"contracts", "texts"},
}
_FRAMEWORKS = {"tfx", "grpc", "tensorflow_serving", "apache_beam", "ml_metadata"}
FOREIGN = {
    "contracts": _FRAMEWORKS | {"tensorflow", "keras", "numpy"},
    "grammar": _FRAMEWORKS | {"tensorflow", "keras", "numpy"},
    "texts": _FRAMEWORKS | {"tensorflow", "keras"},
    "trainer": _FRAMEWORKS,
}
# Folders of tests/ that are no room's, with what they hold.
NO_MIRRORS = {
    "serving/gateway/database/forms": "databases as earlier versions have left them",
    "trainer/models/architectures": "an extension that tests load",
    "trainer/search/extensions": "extensions that tests load",
}
# Folders of rooms whose tests lie elsewhere, with the reason.
WITHOUT_MIRROR = {
    "pipeline/steps": "base.py is what the tests of each step go through",
    "serving/gateway/database/migrations": "the tests of the database go through all of them",
    "serving/gateway/database/migrations/versions": "the tests of the database go through all of them",
    "serving/wire": "generated",
}
# Classes of which there are several of one name, with the reason: docs/glossary.md.
SAME_NAMES = {
    "Alignment": "what a model says, as clients and steps read it",
    "Cosine": "called by the user's word: a schedule, a score of attention",
    "Executor": "TFX's word",
    "Explanation": "what a model says, as clients and steps read it",
    "HealthService": "gRPC's word",
    "Metrics": "of each server",
    "Pair": "a source and its target",
    "Step": "of a run, and of a search",
    "Tokenizer": "a component, called by what it learns",
    "Translation": "what clients get, and the objective of that word",
    "VersionState": "TensorFlow Serving's, as the server says and the client reads it",
    "Vocabulary": "a step, called by what it learns",
}
LONGEST_FILE = 400
LONGEST_FUNCTION = 60  # a screen
# They name nothing: docs/glossary.md has the words.
NO_NAMES = {"checked", "find", "found", "one", "other", "said", "there", "told"}
# Of these not even a variable or an attribute.
NEVER_NAMES = {"checked", "find", "found", "one", "told"}


def _sources(room: str) -> list[Path]:
    generated = ("_pb2.py", "_pb2_grpc.py")
    return [path for path in sorted((ROOT / room).rglob("*.py")) if not path.name.endswith(generated)]


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_it_may_know(room: str) -> None:
    forbidden = (set(ROOMS) - MAY_KNOW[room] - {room}) | {"tests"} | FOREIGN.get(room, set())
    breaches = {
        (path.relative_to(ROOT), name)
        for path in _sources(room)
        for name in _imports(path)
        if name in forbidden
    }
    assert not breaches


def _module_names(path: Path) -> Iterator[str]:
    """What a file imports, with the names that may be modules."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module(name: str) -> tuple[str, ...]:
    """The module of ours that a name is or lies in, by its parts; of another's name, nothing."""
    parts = name.split(".")
    while parts and parts[0] in ROOMS:
        place = ROOT.joinpath(*parts)
        if place.with_suffix(".py").is_file() or (place / "__init__.py").is_file():
            return tuple(parts)
        parts.pop()
    return ()


def _own_module(path: Path) -> tuple[str, ...]:
    return _module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


def _folder(module: tuple[str, ...]) -> tuple[str, ...]:
    """That a module of ours lies in; of one loose at a room's top, itself."""
    is_file = ROOT.joinpath(*module).with_suffix(".py").is_file()
    return module[:-1] if is_file and len(module) > 2 else module


@pytest.mark.parametrize("room", ROOMS)
def test_folders_know_each_other_in_one_direction_only(room: str) -> None:
    known: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for path in _sources(room):
        folder = _folder(_own_module(path))
        imported = {_folder(module) for module in map(_module, _module_names(path)) if module}
        known.setdefault(folder, set()).update(imported - {folder})
    assert all(known)
    graphlib.TopologicalSorter(known).prepare()  # raises CycleError with the circle


def test_what_lies_in_a_folder_knows_its_neighbours_in_one_direction_only() -> None:
    """Each file and folder, with all below it, among those that it lies beside. A package's own `__init__`,
    which has the settings and imports the rest inside its functions, is not set against what lies in it.
    """
    beside: defaultdict[tuple[str, ...], defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in (path for room in ROOMS for path in _sources(room)):
        own = _own_module(path)
        for other in filter(None, map(_module, _module_names(path))):
            shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(own, other, strict=False)))
            if shared < min(len(own), len(other)):
                beside[own[:shared]][own[shared]].add(other[shared])
    assert {(), ("trainer",)} <= beside.keys()
    for known in beside.values():
        graphlib.TopologicalSorter(known).prepare()  # raises CycleError with the circle


def _folders(top: Path) -> Iterator[Path]:
    """A folder and all below it that hold files of the repository."""
    held = {parent for path in _tracked() if path.is_file() for parent in path.relative_to(ROOT).parents}
    yield from (folder for folder in sorted(held) if folder.is_relative_to(top.relative_to(ROOT)))


@pytest.mark.parametrize("room", ROOMS)
def test_a_folder_of_tests_is_called_as_the_folder_that_it_tests(room: str) -> None:
    strangers = {
        str(folder)
        for folder in (mirror.relative_to("tests") for mirror in _folders(ROOT / "tests" / room))
        if not (ROOT / folder / "__init__.py").is_file()
        and not any(folder.is_relative_to(known) for known in NO_MIRRORS)
    }
    assert not strangers


@pytest.mark.parametrize("room", ROOMS)
def test_each_folder_has_its_tests_in_the_folder_of_tests_of_its_name(room: str) -> None:
    without = {
        str(folder)
        for folder in _folders(ROOT / room)
        if {path.name for path in (ROOT / folder).glob("*.py")} - {"__init__.py"}
        and not any((ROOT / "tests" / folder).glob("test_*.py"))
    }
    assert without == {folder for folder in WITHOUT_MIRROR if Path(folder).parts[0] == room}


def test_what_is_excepted_from_mirrors_is_there() -> None:
    assert all((ROOT / "tests" / folder).is_dir() for folder in NO_MIRRORS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_kind_is_named_where_its_things_lie(room: str) -> None:
    elsewhere = {
        f"{path.relative_to(ROOT)}: {package.value}"
        for path in _sources(room)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Kind"
        for package in node.args[1:2]
        if isinstance(package, ast.Constant)
        and not ROOT.joinpath(*package.value.split(".")).is_relative_to(path.parent)
    }
    assert not elsewhere


def test_files_stay_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in (*ROOMS, "benchmarks", "scripts", "tests")
        for path in _sources(folder)
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert not long


def test_functions_fit_on_a_screen() -> None:
    long = {
        f"{path.relative_to(ROOT)}: {node.name}": lines
        for folder in (*ROOMS, "benchmarks", "scripts")
        for path in _sources(folder)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert not long


def _given_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Each name that a file gives, with its line: functions, classes, arguments, variables, attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr


def test_functions_and_classes_are_called_by_what_they_do_and_are() -> None:
    nameless = {
        f"{path.relative_to(ROOT)}: {node.name}"
        for room in ROOMS
        for path in _sources(room)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.name.strip("_").lower() in NO_NAMES
    }
    assert not nameless


@pytest.mark.parametrize("room", [*ROOMS, "benchmarks", "scripts", "tests"])
def test_nothing_is_called_by_that_it_was_found_or_told(room: str) -> None:
    nameless = {
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in _sources(room)
        for line, name in _given_names(ast.parse(path.read_text()))
        if name.strip("_").lower() in NEVER_NAMES
    }
    assert not nameless


def test_two_classes_of_one_name_are_the_same_thing_or_excepted() -> None:
    names = Counter(
        node.name
        for room in ROOMS
        for path in _sources(room)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in names.items() if count > 1} == SAME_NAMES.keys()


def test_every_way_of_giving_a_name_is_seen() -> None:
    code = (
        "class A: b: int = 0\ndef c(d, *e, **f): self.g = [h for h in d]\n"
        "lambda i: (j := i)\nfor k, l in c(): pass"
    )
    assert {name for _, name in _given_names(ast.parse(code))} == {"A", *"bcdefghijkl"}


def test_the_client_side_depends_on_no_tensorflow() -> None:
    """Walk the requirements of plain `dragoman`, without extras, as installed here."""
    seen: set[str] = set()
    todo = ["dragoman"]
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for line in importlib.metadata.requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo.append(requirement.name.lower())
    assert "grpcio" in seen
    assert not {name for name in seen if name.startswith(("tensorflow", "keras", "tfx", "numpy"))}


def test_the_command_line_starts_without_tensorflow_and_without_a_sound() -> None:
    code = (
        "import sys\nsys.argv = ['dragoman', '--help']\nfrom dragoman.main import main\n"
        "try: main()\nexcept SystemExit as leaving: assert not leaving.code\n"
        "heavy = {'tensorflow', 'keras', 'tfx', 'apache_beam', 'numpy', 'grpc'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Usage" in done.stdout


def test_the_public_names_are_two_and_cost_nothing_until_they_are_asked_for() -> None:
    code = (
        "import sys, dragoman\nassert dragoman.__all__ == ['AsyncClient', 'Client']\n"
        "assert not {'grpc', 'serving.client'} & set(sys.modules)\n"
        "from dragoman import AsyncClient, Client\n"
        "assert {Client.__name__, AsyncClient.__name__} == set(dragoman.__all__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_no_absolute_path_of_a_developer_and_no_private_key_is_tracked() -> None:
    unwanted = re.compile(rb"/root/|/home/[a-z]|/work/(main|h|shared|venv)|BEGIN [A-Z ]*PRIVATE KEY")
    breaches = {
        str(path.relative_to(ROOT))
        for path in _tracked()
        if path.is_file() and path != Path(__file__) and unwanted.search(path.read_bytes())
    }
    assert not breaches


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "README.md", "pipeline", "texts", "trainer", "serving", "k8s", "tests"]
)
def test_the_top_level_is_complete(name: str) -> None:
    assert (ROOT / name).exists()
