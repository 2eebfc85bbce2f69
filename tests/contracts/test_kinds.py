"""Things are found by name in three places, and what is wrong with a name is said."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.errors import DataError
from contracts.kinds import FOLDERS, Kind, KindError, add_folders

TOYS = Kind("toy thing", "toys_of_ours", besides=("parts",))


@pytest.fixture(autouse=True)
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with two things in it, and no folder of a user's."""
    package = tmp_path / "ours" / "toys_of_ours"
    package.mkdir(parents=True)
    for name in ("__init__", "base", "parts", "_helper", "red_ball", "doll"):
        (package / f"{name}.py").write_text(f"WORD = {name!r}\n")
    monkeypatch.syspath_prepend(tmp_path / "ours")
    monkeypatch.setenv(FOLDERS, "")
    yield package
    for name in [
        module for module in sys.modules if module.startswith(("toys_of_ours", "dragoman_extensions"))
    ]:
        del sys.modules[name]


def folder_with(place: Path, name: str, text: str) -> Path:
    (place / "toy_things").mkdir(parents=True, exist_ok=True)
    (place / "toy_things" / f"{name}.py").write_text(text)
    return place


def test_files_of_the_folder_are_things_and_its_base_and_helpers_are_not(ours: Path) -> None:
    assert TOYS.names() == ("doll", "red-ball")
    assert TOYS.module("red-ball").WORD == "red_ball"
    assert TOYS.file("doll") == ours / "doll.py"


def test_names_are_known_without_loading_what_they_stand_for(ours: Path) -> None:
    (ours / "broken.py").write_text("1 / 0\n")
    assert "broken" in TOYS.names()
    assert TOYS.file("broken") == ours / "broken.py"
    with pytest.raises(KindError, match=r"toys_of_ours\.broken cannot be loaded \(ZeroDivisionError"):
        TOYS.module("broken")


def test_what_a_thing_lacks_and_where_it_fails_is_said(tmp_path: Path) -> None:
    mine = folder_with(tmp_path / "mine", "top", "WORD = 1\n\n\ndef spin():\n    return 1 / 0\n\n\nspin()\n")
    add_folders([folder_with(mine, "kite", "WORD = 1\n")])
    with pytest.raises(KindError, match=r"top\.py cannot be loaded \(ZeroDivisionError in line 5"):
        TOYS.module("top")
    spinning = Kind("toy thing", "toys_of_ours", besides=("parts",), holds=("WORD", "spin"))
    with pytest.raises(
        KindError, match=r"`kite` \(.*kite\.py\) lacks spin: its file has to have WORD and spin"
    ):
        spinning.module("kite")


def test_a_thing_that_ends_the_program_when_it_is_loaded_cannot_be_loaded(tmp_path: Path) -> None:
    add_folders([folder_with(tmp_path / "mine", "script", "import sys\nWORD = 1\nsys.exit(0)\n")])
    with pytest.raises(KindError, match=r"script\.py cannot be loaded \(SystemExit in line 3: 0\)"):
        TOYS.module("script")


def test_a_file_in_a_folder_of_the_users_is_one_too(tmp_path: Path) -> None:
    add_folders([folder_with(tmp_path / "mine", "top", "import dataclasses\nWORD = 'top'\n")])
    assert TOYS.names() == ("doll", "red-ball", "top")
    assert TOYS.module("top") is TOYS.module("top")
    assert TOYS.module("top").WORD == "top"
    assert TOYS.file("top") == tmp_path / "mine/toy_things/top.py"


def test_processes_that_are_started_know_the_folders(tmp_path: Path) -> None:
    add_folders([folder_with(tmp_path / "mine", "top", "")])
    code = "from contracts.kinds import folders; print(*folders())"
    asked = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env=os.environ,
    )
    assert asked.stdout.split() == [str(tmp_path / "mine")]


def test_an_installed_package_adds_one_by_an_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    facts = site / "their_toys-1.0.dist-info"
    facts.mkdir(parents=True)
    (site / "their_toy.py").write_text("WORD = 'theirs'\n")
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: their-toys\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[dragoman.toy_things]\nbig_kite = their_toy\n")
    monkeypatch.syspath_prepend(site)
    assert TOYS.module("big-kite").WORD == "theirs"
    assert TOYS.file("big-kite") == site / "their_toy.py"


def test_an_unknown_name_is_told_with_the_one_that_may_be_meant() -> None:
    with pytest.raises(
        KindError, match=r"there is no toy thing `dol`: did you mean `doll`\? there are doll, red-b"
    ):
        TOYS.module("dol")


def test_one_name_for_two_things_is_refused(tmp_path: Path) -> None:
    add_folders([folder_with(tmp_path / "mine", "doll", "")])
    with pytest.raises(
        KindError, match=r"two things are the toy thing `doll`: toys_of_ours\.doll and .*doll\.py"
    ):
        TOYS.names()


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KindError, match="is no folder"):
        add_folders([tmp_path / "nowhere"])


def test_a_folder_is_a_thing_and_imports_its_parts(tmp_path: Path) -> None:
    mine = folder_with(tmp_path / "mine", "top", "")
    package = mine / "toy_things" / "big_kite"
    package.mkdir()
    (package / "__init__.py").write_text("from .tail import LENGTH\n")
    (package / "tail.py").write_text("LENGTH = 3\n")
    (mine / "toy_things" / "no_thing").mkdir()
    add_folders([mine])
    assert TOYS.names() == ("big-kite", "doll", "red-ball", "top")
    assert TOYS.module("big-kite").LENGTH == 3
    assert TOYS.file("big-kite") == package / "__init__.py"


def test_the_parts_of_a_thing_are_read_before_they_are_imported(tmp_path: Path) -> None:
    mine = folder_with(tmp_path / "mine", "big_kite", "")
    package = mine / "toy_things" / "late"
    package.mkdir()
    (package / "__init__.py").write_text("def fly():\n    from .tail import LENGTH\n")
    (package / "tail.py").write_text("\ndef (\n")
    add_folders([mine])
    with pytest.raises(KindError, match=r"cannot be loaded \(SyntaxError: .*\(tail\.py, line 2\)"):
        TOYS.module("late")


@pytest.mark.parametrize("place", ["top.py", "toys/top.py", "toys/top/__init__.py", "top/__init__.py"])
def test_what_lies_where_nothing_looks_is_told_with_its_place(tmp_path: Path, place: str) -> None:
    path = tmp_path / "mine" / place
    path.parent.mkdir(parents=True)
    path.write_text("")
    add_folders([tmp_path / "mine"])
    with pytest.raises(KindError, match=rf"nothing looks at {path}: put it into FOLDER/toy_things, and"):
        TOYS.module("top")
    with pytest.raises(
        KindError, match=r"no toy thing `\.\./top`: there are doll, red-ball; looked into \S+, too$"
    ):
        TOYS.module("../top")


def test_a_folder_that_is_no_package_is_told(tmp_path: Path) -> None:
    (folder_with(tmp_path / "mine", "kite", "") / "toy_things" / "top").mkdir()
    add_folders([tmp_path / "mine"])
    with pytest.raises(KindError, match=r"mine/toy_things/top has no __init__\.py"):
        TOYS.module("top")


def test_what_fails_in_a_thing_of_a_users_is_told_with_its_line(tmp_path: Path, ours: Path) -> None:
    failing = "def fly():\n    return 1 / 0\n"
    mine = folder_with(tmp_path / "mine", "kite", failing)
    (mine / "toy_things" / "glider").mkdir()
    (mine / "toy_things" / "glider" / "__init__.py").write_text("from .wing import fly\n")
    (mine / "toy_things" / "glider" / "wing.py").write_text(failing)
    (ours / "plane.py").write_text(failing)
    add_folders([mine])
    for name, where in (("kite", "in line 2"), ("glider", r"in line 2 of wing\.py")):
        said = rf"the toy thing `{name}` \(.*\.py\) failed \(ZeroDivisionError {where}: division by zero\)"
        with pytest.raises(KindError, match=said), TOYS.running(name):
            TOYS.module(name).fly()
    with pytest.raises(ZeroDivisionError), TOYS.running("plane"):
        TOYS.module("plane").fly()
    with pytest.raises(DataError, match="said by it"), TOYS.running("kite"):
        raise DataError("said by it")
