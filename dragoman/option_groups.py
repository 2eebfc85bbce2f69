"""Options of a command that belong together, as one parameter: a dataclass whose fields are the options."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer takes it: fields stand where the parameter does. One may be a group, too."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    @functools.wraps(command)
    def ungrouped(**values: Any) -> None:
        command(**{name: _taken(hint, values) for name, hint in groups.items()}, **values)

    options = [
        option
        for parameter in inspect.signature(command).parameters.values()
        for option in _options(parameter.name, hints[parameter.name], parameter.default)
    ]
    ungrouped.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    ungrouped.__annotations__ = {option.name: option.annotation for option in options}
    return ungrouped


def _options(name: str, hint: Any, default: Any) -> Iterator[inspect.Parameter]:
    """A parameter of the command, or all that a group stands for."""
    if not is_dataclass(hint):
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
        return
    hints = get_type_hints(hint, include_extras=True)
    for field in fields(hint):
        yield from _options(field.name, hints[field.name], _default(field))


def _default(field: Field[Any]) -> Any:
    """Empty: the option has to be given."""
    if field.default_factory is not MISSING:
        return field.default_factory()
    return inspect.Parameter.empty if field.default is MISSING else field.default


def _taken(group: Any, values: dict[str, Any]) -> Any:
    """A group's options, taken out of those of the command."""
    hints = get_type_hints(group)
    return group(
        **{
            field.name: _taken(hints[field.name], values)
            if is_dataclass(hints[field.name])
            else values.pop(field.name)
            for field in fields(group)
        }
    )
