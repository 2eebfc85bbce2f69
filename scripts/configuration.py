"""Write docs/configuration.md from the configuration classes (`make docs`); a test holds it up to date."""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from contracts.sections import Chosen
from pipeline.config import RunConfig
from pipeline.config.cleaning import CleaningConfig
from pipeline.steps.base import KIND
from texts.cleaning.scores import SCORES

TARGET = Path(__file__).parents[1] / "docs" / "configuration.md"
HEAD = """# Configuration of a run

One YAML file, checked before anything starts: an unknown key is refused and the nearest known one named.
Paths are relative to the folder where the command runs.
This page is written by `make docs` from `pipeline/config`, `trainer/config.py` and the files of corpus
formats, cleaning scores, disturbances, steps, architectures, objectives, schedules, optimizers, search heads
and constraints.
"""


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The configuration classes that an annotation names, through unions, tuples and Annotated."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _things(annotation) or [annotation]
    return [model for part in typing.get_args(annotation) for model in _models(part)]


def _things(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Of the base of a kind's sections the classes of all its things; else nothing."""
    return list(model.things().values()) if issubclass(model, Chosen) and Chosen in model.__bases__ else []


def _type(annotation: Any) -> str:
    """An annotation as a reader of YAML would say it."""
    if annotation is type(None):
        return "null"
    if annotation is typing.Any:
        return "anything"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if things := _things(annotation):
            return " or ".join(_type(thing) for thing in things)
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin is typing.Annotated:
        return _type(parts[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(part) for part in parts)
    if origin is tuple:
        return f"list of {_type(parts[0])}"
    if origin is dict:
        return f"map of {_type(parts[0])} to {_type(parts[1])}"
    return {"str": "text", "int": "integer", "float": "number", "bool": "true or false", "Path": "path"}.get(
        getattr(annotation, "__name__", str(annotation)), str(annotation)
    )


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "**required**"
    if isinstance(value, BaseModel):
        return "its own defaults"
    if value is None or value in ((), {}):
        return "–"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _summary(model: type[BaseModel]) -> str:
    """The first paragraph of what its class says of itself, in a line."""
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())


def table(model: type[BaseModel]) -> list[str]:
    """The keys of a configuration class, under its name."""
    lines = ["", f"## {model.__name__}", "", _summary(model), ""]
    lines += ["| key | value | default | |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        # A word has to be written, but for the one that is meant where nothing is.
        is_word = issubclass(model, Chosen) and name == model.word and model.default != field.default
        default = "**required**" if is_word else _default(field)
        cells = (f"`{name}`", _type(field.annotation), default, field.description or "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return lines


def sections() -> list[type[BaseModel]]:
    """The run first, then each section where it is first named."""
    seen: list[type[BaseModel]] = []
    todo: list[type[BaseModel]] = [RunConfig, *step_settings()]
    while todo:
        model = todo.pop(0)
        if model not in seen:
            seen.append(model)
            inner = [part for field in model.model_fields.values() for part in _models(field.annotation)]
            todo = inner + todo
    return seen


def step_settings() -> list[type[BaseModel]]:
    """What the steps that have settings are told under `steps.NAME`."""
    steps = [KIND.module(name).STEP for name in KIND.names()]
    return [step.settings for step in steps if step.settings is not None]


def scores() -> list[str]:
    """Each cleaning score's key, from its file, under the section `cleaning`."""
    lines = [
        "",
        "### Cleaning scores",
        "",
        "Keys of `cleaning`, each a file of `texts/cleaning/scores`.",
        "",
    ]
    lines += ["| key | threshold | a pair is rejected | as |", "|---|---|---|---|"]
    for name in SCORES.names():
        score = SCORES.module(name).SCORE
        key = name.replace("-", "_")
        lines.append(f"| `{key}` | `{score.threshold}` | {score.rejects} it | {', '.join(score.reasons)} |")
    return lines


def reference() -> str:
    """The whole page."""
    lines = [HEAD.rstrip()]
    for model in sections():
        lines += table(model) + (scores() if model is CleaningConfig else [])
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(reference())
