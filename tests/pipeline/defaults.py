"""The defaults of all keys of a run's configuration, as they were when each was added: `defaults.json`.

`python -m tests.pipeline.defaults` writes down those that are not in it yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from contracts.sections import Chosen
from contracts.settings import ALWAYS_SAID
from pipeline.config import RunConfig
from pipeline.steps.base import KIND

RECORDED = Path(__file__).with_name("defaults.json")
_ROOMS = ("contracts", "grammar", "pipeline", "texts", "trainer")


def defaults() -> dict[str, Any]:
    """By class and key, what goes without saying where the key is not set."""
    return {
        f"{kind.__name__}.{name}": _plain(field.get_default(call_default_factory=True))
        for kind in sorted(_all_classes(), key=lambda model: model.__name__)
        for name, field in kind.model_fields.items()
        if not field.is_required() and name not in getattr(kind, ALWAYS_SAID, ())
    }


def recorded() -> dict[str, Any]:
    """Those of the file."""
    values: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return values


def _all_classes() -> set[type[BaseModel]]:
    """Of a run, and of the steps that have settings."""
    known = _classes(RunConfig)
    for name in KIND.names():
        if settings := KIND.module(name).STEP.settings:
            _classes(settings, known)
    return known


def _classes(kind: type[BaseModel], known: set[type[BaseModel]] | None = None) -> set[type[BaseModel]]:
    """The sections that a configuration may have, and the classes of ours that derive from them."""
    known = set() if known is None else known
    if kind not in known and kind.__module__.split(".")[0] in _ROOMS:
        known.add(kind)
        inside = [model for field in kind.model_fields.values() for model in _models(field.annotation)]
        if issubclass(kind, Chosen) and Chosen in kind.__bases__:
            inside += kind.things().values()
        for model in [*inside, *kind.__subclasses__()]:
            _classes(model, known)
    return known


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _plain(default: Any) -> Any:
    if isinstance(default, BaseModel):
        return type(default).__name__
    return json.loads(json.dumps(default, default=str))


if __name__ == "__main__":
    everything = {**defaults(), **recorded()} if RECORDED.exists() else defaults()
    text = json.dumps(everything, indent=1, sort_keys=True, ensure_ascii=False)
    RECORDED.write_text(f"{text}\n", encoding="utf-8")
