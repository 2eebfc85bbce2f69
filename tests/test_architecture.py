"""The drawing of docs/architecture.md shows the code as it is, and its table every kind of thing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from scripts import architecture

ROOT = Path(__file__).parents[1]


def test_floors_stand_on_what_they_know() -> None:
    known = {"top": {"middle", "ground"}, "middle": {"ground"}, "ground": set[str]()}
    assert architecture.floors(known) == {"ground": 0, "middle": 1, "top": 2}
    assert architecture.direct(known) == [("middle", "ground"), ("top", "middle")]


def test_the_drawing_is_that_of_the_code(tmp_path: Path) -> None:
    architecture.write(tmp_path / "drawn.svg")
    there = _texts(architecture.TARGET)
    assert there == _texts(tmp_path / "drawn.svg"), "run `make docs`"
    assert there >= set(architecture.ROOMS)


def _texts(svg: Path) -> set[str]:
    """What is written in it; lines differ by Matplotlib's version."""
    return set(re.findall(r"<text[^>]*>(.*?)</text>", svg.read_text("utf-8"), re.DOTALL))


def test_the_page_says_where_a_file_of_each_kind_goes() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    packages = {
        node.args[1].value
        for room in architecture.ROOMS
        for path in (ROOT / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Kind"
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
    }
    assert len(packages) >= 9
    assert {f"`{package.replace('.', '/')}/`" for package in packages} <= set(re.findall(r"`[\w/]+/`", page))
