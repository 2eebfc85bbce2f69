"""A section of what is found by its name: validated by its class, written as before there was a choice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SerializeAsAny, ValidationError

from contracts.kinds import FOLDERS, Kind, KindError
from contracts.sections import Chosen, Section

KIND = Kind("toy section", "sections_of_ours")


class ToyConfig(Chosen):
    """The kind's base."""

    kind: ClassVar[Kind] = KIND
    word: ClassVar[str] = "toy"
    default: ClassVar[str] = "ball"

    toy: str


class Box(Section):
    """Holds one."""

    what: SerializeAsAny[ToyConfig]
    many: tuple[SerializeAsAny[ToyConfig], ...] = ()


THING = """
from typing import Literal
from tests.contracts.test_sections import ToyConfig

class {name}(ToyConfig):
    toy: Literal["{word}"] = "{word}"
    {key}: int = 1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with a ball and a long doll."""
    package = tmp_path / "sections_of_ours"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "ball.py").write_text(THING.format(name="Ball", word="ball", key="size"))
    (package / "long_doll.py").write_text(THING.format(name="Doll", word="long-doll", key="arms"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(FOLDERS, "")
    yield package
    for name in [one for one in sys.modules if one.startswith("sections_of_ours")]:
        del sys.modules[name]


def test_the_word_chooses_the_class_and_its_absence_the_default() -> None:
    assert {name: one.__name__ for name, one in ToyConfig.things().items()} == {
        "ball": "Ball",
        "long-doll": "Doll",
    }
    box = Box.model_validate({"what": {}, "many": [{"toy": "long-doll", "arms": 3}, {"size": 2}]})
    assert [type(one).__name__ for one in (box.what, *box.many)] == ["Ball", "Doll", "Ball"]
    again = Box.model_validate_json(box.model_dump_json())
    assert again == box
    assert Box.model_validate({"what": box.what}).what is box.what


def test_only_another_word_than_the_default_is_written() -> None:
    values: dict[str, Any] = {"what": {"toy": "ball", "size": 1}, "many": [{"toy": "long-doll"}]}
    written = Box.model_validate(values).model_dump()
    assert written == {"what": {"size": 1}, "many": ({"toy": "long-doll", "arms": 1},)}
    assert Box.model_validate(values).model_dump(exclude={"many": True, "what": {"size"}}) == {"what": {}}


def test_mistakes_are_told_where_they_are(folder: Path) -> None:
    def mistakes(what: Any) -> list[tuple[tuple[int | str, ...], str]]:
        with pytest.raises(ValidationError) as raised:
            Box.model_validate({"what": what})
        return [(one["loc"], one["msg"]) for one in raised.value.errors()]

    [(place, message)] = mistakes({"toy": "bal"})
    assert place == ("what", "toy")
    assert message.startswith("there is no toy section `bal`: did you mean `ball`?")
    assert mistakes({"toy": 7}) == [(("what", "toy"), "the name of the toy section should be text, not 7")]
    assert [place for place, _ in mistakes({"arms": 2})] == [("what", "arms")]
    assert [place for place, _ in mistakes({"toy": "long-doll", "size": 2})] == [("what", "size")]
    (folder / "kite.py").write_text("")
    with pytest.raises(KindError, match=r"`kite` \(.*kite\.py\) should hold one configuration class"):
        ToyConfig.of({"toy": "kite"})
    (folder / "top.py").write_text(THING.format(name="Top", word="pot", key="size"))
    with pytest.raises(KindError, match='should say `toy: Literal\\["top"\\] = "top"`'):
        ToyConfig.of({"toy": "top"})
