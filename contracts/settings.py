"""What settings say beyond what goes without saying: what the caches of a run go by.

A key that is added later, with a default that changes nothing, is in no fingerprint of those who do not set
it, so nothing runs again for them. So what goes without saying must never change: a class lists in its
`ALWAYS_SAID` the keys whose default has changed since they were added, and those whose value comes from
elsewhere where nothing is said (from a preset, from the language); an object in `also_said` those of which
this holds beside its other keys.

`tests/pipeline/test_defaults.py` notices a default that changes, `tests/pipeline/test_settings_of_steps.py`
whatever else changes in what a step is known by.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from contracts.kinds import Kind
from contracts.sections import Chosen, Section

ALWAYS_SAID = "ALWAYS_SAID"
"""A class's attribute, `ClassVar[frozenset[str]]`: names of keys that have no default of their own."""
_NOTHING = object()


def effective(settings: BaseModel, leave_out: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What is said, as JSON's values; validated again, it makes equal settings.

    Args:
        leave_out: keys that do not matter, those of sections as `training.max_steps` (then what is left is no
            whole section any more).
    """
    values = {}
    said = settings.also_said() if isinstance(settings, Section) else frozenset()
    for name in type(settings).model_fields:
        if name not in leave_out:
            inside = frozenset(key[len(name) + 1 :] for key in leave_out if key.startswith(f"{name}."))
            value = getattr(settings, name)
            plain = _plain(value, inside)
            if name in said or not all(
                _same(value, plain, unsaid, inside) for unsaid in _unsaid(type(settings), name)
            ):
                values[name] = plain
    return values


def effective_json(settings: BaseModel, leave_out: frozenset[str] = frozenset()) -> str:
    """`effective` as text, the same whatever the order of the keys."""
    return json.dumps(effective(settings, leave_out), sort_keys=True, ensure_ascii=False)


def things(settings: BaseModel) -> list[tuple[Kind, str]]:
    """What the settings name that is found by name, wherever in them: code that a step with them uses."""
    named = {(section.kind, getattr(section, section.word)) for section in _chosen(settings)}
    return sorted(named, key=lambda thing: (thing[0].noun, thing[1]))


def named_files(settings: BaseModel) -> list[Path]:
    """Files and folders whose content counts as what is set, wherever they are named.

    Raises:
        DragomanError: one is not there, or not what it should be.
    """
    return [path for section in _chosen(settings) for path in section.named_files()]


def _chosen(value: Any) -> Iterator[Chosen]:
    """The sections that a word in them chose, in their order."""
    if isinstance(value, Chosen):
        yield value
    if isinstance(value, BaseModel):
        yield from _chosen([getattr(value, name) for name in type(value).model_fields])
    elif isinstance(value, Mapping):
        yield from _chosen(list(value.values()))
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for part in value:
            yield from _chosen(part)


def as_of(settings: BaseModel, keys: Sequence[str], leave_out: Collection[str] = ()) -> dict[str, Any] | None:
    """All values, as they were written when the class had these keys and the cache went by the whole; None
    where a key is gone, or one that came later is said.

    Args:
        keys: in their order of that day.
        leave_out: keys that did not matter.
    """
    asked = [key for key in keys if key not in leave_out]
    fields = type(settings).model_fields
    if not effective(settings, frozenset(leave_out)).keys() <= set(asked) <= fields.keys():
        return None
    return {key: to_jsonable_python(getattr(settings, key)) for key in asked}


def _unsaid(kind: type[BaseModel], name: str) -> tuple[Any, ...]:
    """What the key has to be to go without saying: the default of the class, and of the class that brought
    the key in, since one that derives from it, with defaults of its own, must not look like it. `_NOTHING`
    where it is always said, as the word that chooses a class is.
    """
    bases = [base for base in kind.__mro__ if issubclass(base, BaseModel) and name in base.model_fields]
    fields = [owner.model_fields[name] for owner in (kind, bases[-1])]
    if issubclass(kind, Chosen) and name == kind.word:
        return (kind.default,)
    annotation = fields[-1].annotation
    word = get_origin(annotation) is Literal and len(get_args(annotation)) == 1
    if word or name in getattr(kind, ALWAYS_SAID, ()) or any(field.is_required() for field in fields):
        return (_NOTHING,)
    return tuple(field.get_default(call_default_factory=True) for field in fields)


def _same(value: Any, plain: Any, unsaid: Any, leave_out: frozenset[str]) -> bool:
    if isinstance(value, BaseModel):
        # Not by the default's values, among which are those that are always said.
        alike = isinstance(unsaid, BaseModel) and isinstance(value, type(unsaid))
        return alike and not plain and not _plain(unsaid, leave_out)
    return unsaid is not _NOTHING and plain == _plain(unsaid, leave_out)


def _plain(value: Any, leave_out: frozenset[str]) -> Any:
    if isinstance(value, BaseModel):
        return effective(value, leave_out)
    if isinstance(value, Mapping):
        return {str(key): _plain(item, leave_out) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item, leave_out) for item in value]
    return to_jsonable_python(value)
