"""A section of what is found by its name: validated by its class, written as before there was a choice."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SerializeAsAny, ValidationError

from contracts.kinds import FOLDERS, Kind, KindError, add_folders
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


class Numbers(Section):
    """Of which some may be truth values too."""

    count: int = 1
    share: float | None = None
    either: float | bool | None = None
    column: int | str = 0
    switch: bool = False


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
    for name in [module for module in sys.modules if module.startswith("sections_of_ours")]:
        del sys.modules[name]


def test_the_word_chooses_the_class_and_its_absence_the_default() -> None:
    assert {name: thing.__name__ for name, thing in ToyConfig.things().items()} == {
        "ball": "Ball",
        "long-doll": "Doll",
    }
    box = Box.model_validate({"what": {}, "many": [{"toy": "long-doll", "arms": 3}, {"size": 2}]})
    assert [type(thing).__name__ for thing in (box.what, *box.many)] == ["Ball", "Doll", "Ball"]
    again = Box.model_validate_json(box.model_dump_json())
    assert again == box
    assert Box.model_validate({"what": box.what}).what is box.what


def test_the_name_alone_stands_for_a_section_with_nothing_else_in_it() -> None:
    box = Box.model_validate({"what": "long-doll", "many": ["ball", {"toy": "ball", "size": 2}]})
    assert box == Box.model_validate({"what": {"toy": "long-doll"}, "many": [{}, {"size": 2}]})


def test_only_another_word_than_the_default_is_written() -> None:
    values: dict[str, Any] = {"what": {"toy": "ball", "size": 1}, "many": [{"toy": "long-doll"}]}
    written = Box.model_validate(values).model_dump()
    assert written == {"what": {"size": 1}, "many": ({"toy": "long-doll", "arms": 1},)}
    assert Box.model_validate(values).model_dump(exclude={"many": True, "what": {"size"}}) == {"what": {}}


class Shelf(Section):
    """What later keys and keys that nothing reads are."""

    LATER = frozenset({"doors", "names"})

    boards: int = 3
    doors: int = 0
    names: tuple[str, ...] = ()
    lock: str = "none"

    def unread(self) -> dict[str, str]:
        return {} if self.doors else {"lock": "lock is of doors: leave it out, or give doors"}


def test_later_keys_are_written_where_they_are_said() -> None:
    assert Shelf(boards=2).model_dump_json() == '{"boards":2,"lock":"none"}'
    written = {"boards": 3, "doors": 1, "names": ["a"], "lock": "none"}
    assert Shelf(doors=1, names=("a",)).model_dump(mode="json") == written
    assert Shelf.model_validate(written).model_dump(mode="json") == written


def test_a_key_that_nothing_reads_is_refused_and_passed_over_in_what_was_stored() -> None:
    with pytest.raises(ValidationError, match="lock is of doors: leave it out, or give doors"):
        Shelf(lock="iron")
    assert Shelf.stored({"boards": 1, "lock": "iron"}) == Shelf(boards=1)
    assert Shelf.stored({"doors": 1, "lock": "iron"}).lock == "iron"
    with pytest.raises(ValidationError, match="Extra inputs"):
        Shelf.stored({"boards": 1, "drawers": 1})


class DemandedConfig(Chosen):
    """The base of a kind without a default."""

    kind: ClassVar[Kind] = KIND
    word: ClassVar[str] = "toy"
    toy: str


def test_where_nothing_is_meant_by_default_the_word_is_missed() -> None:
    with pytest.raises(ValidationError, match="missing; one of ball, long-doll") as raised:
        DemandedConfig.model_validate({"size": 2})
    assert raised.value.errors()[0]["loc"] == ("toy",)


def test_another_process_finds_the_class_in_the_users_folder(tmp_path: Path) -> None:
    """It cannot import it: pickle's way, as Beam sends what a task holds to its workers."""
    mine = tmp_path / "mine" / "toy_sections"
    mine.mkdir(parents=True)
    (mine / "kite.py").write_text(THING.format(name="Kite", word="kite", key="tails"))
    add_folders([mine.parent])
    made = ToyConfig.model_validate({"toy": "kite", "tails": 5})
    assert pickle.loads(pickle.dumps(made)) == made
    code = "import pickle, sys; print(repr(pickle.load(sys.stdin.buffer)))"
    place = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    # As a worker that the pool of another machine has started.
    elsewhere = {name: value for name, value in os.environ.items() if name != FOLDERS}
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(made),
        capture_output=True,
        check=True,
        env={**elsewhere, "PYTHONPATH": place},
    )
    assert done.stdout == b"Kite(toy='kite', tails=5)\n"


def test_mistakes_are_told_where_they_are(folder: Path) -> None:
    def mistakes(what: Any) -> list[tuple[tuple[int | str, ...], str]]:
        with pytest.raises(ValidationError) as raised:
            Box.model_validate({"what": what})
        return [(error["loc"], error["msg"]) for error in raised.value.errors()]

    [(place, message)] = mistakes({"toy": "bal"})
    assert place == ("what", "toy")
    assert message.startswith("there is no toy section `bal`: did you mean `ball`?")
    [(place, message)] = mistakes("bal")
    assert (place, message[:40]) == (("what", "toy"), "there is no toy section `bal`: did you m")
    said = "should be the name of the toy section, or keys and values with `toy` among them"
    assert mistakes(3) == [(("what",), said)]
    assert mistakes({"toy": 7}) == [(("what", "toy"), "the name of the toy section should be text, not 7")]
    assert [place for place, _ in mistakes({"arms": 2})] == [("what", "arms")]
    assert [place for place, _ in mistakes({"toy": "long-doll", "size": 2})] == [("what", "size")]
    (folder / "kite.py").write_text("")
    with pytest.raises(KindError, match=r"`kite` \(.*kite\.py\) should hold one configuration class"):
        ToyConfig.of({"toy": "kite"})
    (folder / "top.py").write_text(THING.format(name="Top", word="pot", key="size"))
    with pytest.raises(KindError, match='should say `toy: Literal\\["top"\\] = "top"`'):
        ToyConfig.of({"toy": "top"})


def test_a_truth_value_is_no_number() -> None:
    assert Numbers(either=True, switch=True, share=0.5).either is True
    with pytest.raises(ValidationError, match="should be a number "):
        Numbers.model_validate({"count": True})
    with pytest.raises(ValidationError, match="should be a number or text; YAML reads yes"):
        Numbers.model_validate({"column": True})
    with pytest.raises(ValidationError, match="should be a number or null"):
        Numbers.model_validate({"share": False})
