"""What settings say: nothing for what is not set, something for everything else, and all of it comes back."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, BeforeValidator, Field

from contracts.settings import as_of, effective, effective_json, things
from tests.contracts.test_sections import KIND, Box, folder  # noqa: F401 - a fixture
from tests.examples import examples


class Part(BaseModel):
    size: int = 1
    rate: float = 0.5


class Filled(BaseModel):
    """Where nothing is said, `layers` comes from elsewhere."""

    ALWAYS_SAID: ClassVar[frozenset[str]] = frozenset({"layers"})
    layers: int = 3


class Kind(BaseModel):
    kind: str = "plain"
    width: int = 8


class Other(Kind):
    kind: Literal["other"] = "other"  # type: ignore[assignment]
    width: int = 16


def by_word(given: Any) -> Any:
    """The class that the word names, which goes without saying for the first."""
    if isinstance(given, dict):
        return {"plain": Kind, "other": Other}[given.get("kind", "plain")].model_validate(given)
    return given


class File(BaseModel):
    format: Literal["file"] = "file"
    path: str


class Settings(BaseModel):
    name: str
    part: Part = Part()
    filled: Filled = Filled()
    kind: Annotated[Kind, BeforeValidator(by_word)] = Kind()
    files: tuple[File, ...] = ()
    named: dict[str, Part] = Field(default_factory=dict)
    limit: float | None = None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, {}),
        ({"part": {"size": 1}}, {}),
        ({"part": {"size": 2}}, {"part": {"size": 2}}),
        ({"limit": 0}, {"limit": 0.0}),
        ({"files": [{"path": "a"}]}, {"files": [{"format": "file", "path": "a"}]}),
        ({"named": {"a": {}, "b": {"rate": 1}}}, {"named": {"a": {}, "b": {"rate": 1.0}}}),
        ({"kind": Other()}, {"kind": {"kind": "other", "width": 16}}),
        ({"kind": Other(width=8)}, {"kind": {"kind": "other", "width": 8}}),
    ],
)
def test_what_is_not_set_is_not_said(given: dict[str, Any], said: dict[str, Any]) -> None:
    # A name has no default, and what comes from elsewhere is said also where it is what the class has.
    assert effective(Settings(name="n", **given)) == {"name": "n", "filled": {"layers": 3}, **said}


def test_what_does_not_matter_is_left_out_with_the_section_that_it_leaves_empty() -> None:
    settings = Settings(name="n", part=Part(size=2), limit=1, files=(File(path="a"),))
    left_out = frozenset({"name", "part.size", "limit", "filled.layers", "files.path"})
    assert effective(settings, left_out) == {"files": [{"format": "file"}]}


def test_a_key_that_is_added_later_changes_nothing_for_those_who_do_not_set_it() -> None:
    class Later(Part):
        depth: int = 7

    assert effective_json(Later(size=2)) == effective_json(Part(size=2))
    assert effective_json(Later(size=2, depth=8)) != effective_json(Part(size=2))


def test_the_order_of_keys_does_not_matter() -> None:
    class Turned(BaseModel):
        rate: float = 0.5
        size: int = 1

    assert effective_json(Turned(size=2, rate=1)) == effective_json(Part(size=2, rate=1))


@examples(50)
@given(
    st.builds(
        Settings,
        name=st.text(),
        part=st.builds(Part, size=st.integers(0, 2), rate=st.sampled_from([0.5, 1.0])),
        filled=st.builds(Filled, layers=st.integers(2, 4)),
        kind=st.builds(Kind, width=st.sampled_from([8, 16]))
        | st.builds(Other, width=st.sampled_from([8, 16])),
        files=st.lists(st.builds(File, path=st.text()), max_size=2).map(tuple),
        named=st.dictionaries(st.text(), st.builds(Part), max_size=2),
        limit=st.none() | st.floats(0, 1),
    )
)
def test_what_is_said_makes_the_same_settings(settings: Settings) -> None:
    assert Settings.model_validate(effective(settings)) == settings


def test_all_values_are_given_as_they_were_when_the_class_had_fewer_keys() -> None:
    class Later(Part):
        depth: int = 7

    assert as_of(Later(size=2), ("size", "rate")) == {"size": 2, "rate": 0.5}
    assert as_of(Later(size=2), ("size", "rate"), {"rate"}) == {"size": 2}
    assert as_of(Later(depth=8), ("size", "rate")) is None
    assert as_of(Part(), ("size", "rate", "gone")) is None


@pytest.mark.usefixtures("folder")
def test_the_word_that_chooses_a_class_is_said_where_it_is_not_the_default() -> None:
    box = Box.model_validate({"what": {"size": 1}, "many": [{"toy": "long-doll", "arms": 1}, {"size": 2}]})
    assert effective(box) == {"what": {}, "many": [{"toy": "long-doll"}, {"size": 2}]}
    assert Box.model_validate(effective(box)) == box


@pytest.mark.usefixtures("folder")
def test_the_things_that_settings_name_are_found_wherever_they_stand() -> None:
    box = Box.model_validate({"what": {}, "many": [{"toy": "long-doll"}, {}]})
    assert things(box) == [(KIND, "ball"), (KIND, "long-doll")]

    class Shelf(BaseModel):
        boxes: dict[str, Box]

    assert things(Shelf(boxes={"a": Box.model_validate({"what": {}})})) == [(KIND, "ball")]
    assert things(Part()) == []
