"""The fingerprint of inputs."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.fingerprint import fingerprint


def test_it_depends_on_names_and_contents_not_on_the_place(tmp_path: Path) -> None:
    one = tmp_path / "one"
    (one / "deep").mkdir(parents=True)
    (one / "deep" / "a").write_text("x")
    (one / "b").write_text("y")
    before = fingerprint([one], "config")
    two = tmp_path / "two"
    shutil.copytree(one, two)
    assert fingerprint([two], "config") == before
    assert fingerprint([two], "other") != before
    (two / "b").rename(two / "c")
    assert fingerprint([two], "config") != before
    (two / "c").rename(two / "b")
    (two / "b").write_text("z")
    assert fingerprint([two], "config") != before


def test_a_file_is_its_content(tmp_path: Path) -> None:
    for name, content in (("a", "x"), ("b", "x"), ("c", "y")):
        (tmp_path / name).write_text(content)
    one, same, other = (fingerprint([tmp_path / name]) for name in "abc")
    assert one == same != other


def test_parts_do_not_run_together() -> None:
    assert fingerprint([], "ab", "c") != fingerprint([], "a", "bc")
