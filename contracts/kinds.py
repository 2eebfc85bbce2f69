"""Things of one kind, found by the name that the user writes in YAML: one file adds one thing.

A thing is a module. It is looked for as a file in the kind's own folder of the project, as an entry point of
an installed package, and as a file in a folder that the user names: FOLDER/KIND/NAME.py, or where it is too
much for a file, FOLDER/KIND/NAME/__init__.py, which imports its parts as `from .part import`. Nothing outside
names it, so nothing outside changes when one is added. A hyphen in a name is an underscore in its file's.

The folders are kept in an environment variable, since the processes that a run starts have to know them too.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from contracts.errors import ConfigurationError, DragomanError

FOLDERS = "DRAGOMAN_EXTENSIONS"
"""Folders with a folder for each kind in it, joined as a PATH is."""
BASE = "base"
"""The module of a kind's folder that says what its things have in common."""


_known = {"document_formats", "interfaces", "stages"}
"""The folders of the kinds that were imported, and of those that are no part of a run."""


class KindError(ConfigurationError, ValueError):
    """A name that means nothing, or two things, or a file that cannot be loaded."""


@dataclass(frozen=True)
class Kind:
    """A kind of things, as the architectures."""

    noun: str
    """Of one of them, for messages: `architecture`."""
    package: str
    """The folder of the project that holds them, as a package: `trainer.models`."""
    besides: tuple[str, ...] = ()
    """Modules of that folder that are no things, beside `base` and those with an underscore in front."""
    holds: tuple[str, ...] = ()
    """What the module of each has to have."""

    def __post_init__(self) -> None:
        _known.add(self.folder)

    @property
    def folder(self) -> str:
        """The name of a user's folder of this kind and, after `dragoman.`, of the entry points' group."""
        return f"{self.noun.replace(' ', '_')}s"

    def names(self) -> tuple[str, ...]:
        """All that there are, sorted.

        Raises:
            KindError: two have the same name.
        """
        return tuple(sorted(self._sources()))

    def module(self, name: str) -> ModuleType:
        """What the name stands for.

        Raises:
            KindError: nothing, or what cannot be loaded or lacks something.
        """
        module = self._source(name).load()
        missing = [name for name in self.holds if not hasattr(module, name)]
        if missing:
            raise KindError(
                f"the {self.noun} `{name}` ({module.__file__}) lacks {' and '.join(missing)}: its file has "
                f"to have {' and '.join(self.holds)} (docs/architecture.md)"
            )
        return module

    def file(self, name: str) -> Path:
        """Its source file, not loaded: it is code that a run uses.

        Raises:
            KindError: as `module`.
        """
        return self._source(name).file()

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Around code of the thing: what fails in one that is added names its file and line. Our own fail
        with a traceback.

        Raises:
            KindError: the code of an added thing failed, other than by an error of ours or of a file.
        """
        try:
            yield
        except (DragomanError, OSError):
            raise
        except Exception as error:
            source = self._source(name)
            if source.place.startswith(f"{self.package}."):
                raise
            cause = _cause(error, str(source.file()))
            raise KindError(f"the {self.noun} `{name}` ({source.place}) failed ({cause}): mend it") from error

    def _source(self, name: str) -> _Source:
        sources = self._sources()
        if name not in sources:
            near = get_close_matches(name, sources, 1)
            meant = f"did you mean `{near[0]}`? " if near else ""
            places = [str(folder / self.folder) for folder in folders()]
            looked = f"; looked into {', '.join(places)}, too" if places else ""
            looked += f"; {stray}" if (stray := self.stray(name)) else ""
            raise KindError(
                f"there is no {self.noun} `{name}`: {meant}there are {', '.join(sorted(sources))}{looked}"
            )
        return sources[name]

    def stray(self, name: str) -> str:
        """For messages: what of that name lies in a user's folder where nothing looks; empty: nothing."""
        stem = name.replace("-", "_")
        for folder in folders() if stem.isidentifier() else ():
            if (folder / self.folder / stem).is_dir():
                return f"{folder / self.folder / stem} has no __init__.py"
            places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
            for path in (place / end for place in places for end in (f"{stem}.py", f"{stem}/__init__.py")):
                if path.is_file():
                    cure = f"put it into FOLDER/{self.folder}, and FOLDER into `extensions`"
                    return f"nothing looks at {path}: {cure}"
        return ""

    def _sources(self) -> dict[str, _Source]:
        sources: dict[str, _Source] = {}
        for name, source in [*self._ours(), *self._installed(), *self._named()]:
            if name in sources:
                places = f"{sources[name].place} and {source.place}"
                raise KindError(f"two things are the {self.noun} `{name}`: {places}; rename one")
            sources[name] = source
        return sources

    def _ours(self) -> Iterable[tuple[str, _Source]]:
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_") and module.name not in (BASE, *self.besides):
                yield _spelt(module.name), _module_source(f"{self.package}.{module.name}")

    def _installed(self) -> Iterable[tuple[str, _Source]]:
        for point in _entry_points(f"dragoman.{self.folder}", tuple(sys.path)):
            yield _spelt(point.name), _module_source(point.value)

    def _named(self) -> Iterable[tuple[str, _Source]]:
        for folder in folders():
            place = folder / self.folder
            files = {path.stem: path for path in sorted(place.glob("*.py"))}
            packages = {path.parent.name: path for path in sorted(place.glob("*/__init__.py"))}
            for name, path in [*files.items(), *packages.items()]:
                if not name.startswith("_"):
                    yield _spelt(name), _file_source(self.folder, name, path)


@functools.cache
def _entry_points(group: str, _path: tuple[str, ...]) -> tuple[importlib.metadata.EntryPoint, ...]:
    """Of the packages on that path. Each has a file that is read: 13 ms, and a run asks some 70 times."""
    return tuple(importlib.metadata.entry_points(group=group))


def folders() -> list[Path]:
    """The users' folders, as `add_folders` was told, here or in the process that started this one."""
    return [Path(folder) for folder in os.environ.get(FOLDERS, "").split(os.pathsep) if folder]


def add_folders(more: Iterable[Path]) -> None:
    """Look into these too, here and in the processes that are started from now on.

    Raises:
        KindError: there is no such folder.
    """
    known = folders()
    for folder in more:
        if not folder.is_dir():
            raise KindError(
                f"{folder} is no folder ({folder.absolute()}): correct the path, or make the folder and put "
                "extensions into FOLDER/KIND/NAME.py"
            )
        if folder.absolute() not in known:
            known.append(folder.absolute())
    os.environ[FOLDERS] = os.pathsep.join(map(str, known))


def add_senders_folders(theirs: Iterable[Path]) -> None:
    """Look where another process looks that has sent work here, as to a worker of Beam's on another machine.
    What is not here is passed over: who looks something up in vain says where it was looked for.
    """
    add_folders(folder for folder in theirs if folder.is_dir())


def refuse_stray(folder: Path) -> None:
    """Look whether what lies in a user's folder can be found, when the modules of all kinds are loaded.

    Raises:
        KindError: nothing of it can, or a folder in it has nearly a kind's name.
    """
    all_inside = {path.name for path in folder.iterdir()}
    inside = sorted(name for name in all_inside if any((folder / name).glob("*.py")))
    if folder.name in _known and not _known & all_inside:
        raise KindError(f"extensions: {folder} is a folder of {folder.name}: name the one that it lies in")
    for name in inside:
        near = get_close_matches(name.replace("-", "_"), _known, 1, 0.8)
        if name not in _known and near:
            raise KindError(f"extensions: nothing looks into {folder / name}: did you mean {near[0]}?")
    if not _known & all_inside:
        raise KindError(
            f"extensions: {folder} has no folder of a kind ({', '.join(sorted(_known))}): put a file into "
            "FOLDER/KIND/NAME.py"
        )


@dataclass(frozen=True)
class _Source:
    """Where a thing comes from."""

    place: str
    load: Callable[[], ModuleType]
    file: Callable[[], Path]


def _module_source(module: str) -> _Source:
    def file() -> Path:
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise KindError(f"{module} has no source file: reinstall what it comes from")
        return Path(spec.origin)

    return _Source(module, lambda: _loaded(module, lambda: importlib.import_module(module)), file)


def _file_source(folder: str, stem: str, path: Path) -> _Source:
    name = f"dragoman_extensions.{folder}.{stem}"

    def load() -> ModuleType:
        present = sys.modules.get(name)
        if present is not None and present.__file__ == str(path):
            return present
        inside = [str(path.parent)] if path.name == "__init__.py" else None
        for part in sorted(path.parent.rglob("*.py")) if inside else ():
            compile(part.read_bytes(), part, "exec")  # It may be imported late, in a training.
        spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=inside)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # before it runs: dataclasses and pickle look there
        try:
            spec.loader.exec_module(module)
        except BaseException:
            for loaded in [part for part in sys.modules if part == name or part.startswith(f"{name}.")]:
                del sys.modules[loaded]
            raise
        return module

    return _Source(str(path), lambda: _loaded(str(path), load), lambda: path)


def _loaded(place: str, load: Callable[[], ModuleType]) -> ModuleType:
    try:
        return load()
    except (Exception, SystemExit) as error:  # `sys.exit` in a script named by mistake would end us.
        raise KindError(f"{place} cannot be loaded ({_cause(error, place)})") from error


def _cause(error: BaseException, file: str) -> str:
    """The error, and the last line of the file, or of the parts beside an `__init__.py`, that led to it."""
    inside = f"{Path(file).parent}{os.sep}" if Path(file).name == "__init__.py" else file
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(inside)
    ]
    where = f" in line {frames[-1].lineno}" if frames else ""
    where += f" of {Path(frames[-1].filename).name}" if frames and frames[-1].filename != file else ""
    return f"{type(error).__name__}{where}: {error}"


def _spelt(module: str) -> str:
    return module.replace("_", "-")
