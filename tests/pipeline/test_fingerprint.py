"""The fingerprint of inputs."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.fingerprint import fingerprint


def test_it_depends_on_names_and_contents_not_on_the_place(tmp_path: Path) -> None:
    first = tmp_path / "one"
    (first / "deep").mkdir(parents=True)
    (first / "deep" / "a").write_text("x")
    (first / "b").write_text("y")
    before = fingerprint([first], "config")
    second = tmp_path / "two"
    shutil.copytree(first, second)
    assert fingerprint([second], "config") == before
    assert fingerprint([second], "other") != before
    (second / "b").rename(second / "c")
    assert fingerprint([second], "config") != before
    (second / "c").rename(second / "b")
    (second / "b").write_text("z")
    assert fingerprint([second], "config") != before


def test_a_file_is_its_content(tmp_path: Path) -> None:
    for name, content in (("a", "x"), ("b", "x"), ("c", "y")):
        (tmp_path / name).write_text(content)
    first, same, other = (fingerprint([tmp_path / name]) for name in "abc")
    assert first == same != other


def test_parts_do_not_run_together() -> None:
    assert fingerprint([], "ab", "c") != fingerprint([], "a", "bc")
