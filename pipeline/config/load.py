"""Read a run's YAML file: safe, no key twice, unknown keys named with the nearest known one and the line.

Relative paths inside the file are relative to the current directory, as on any command line.
"""

from __future__ import annotations

import contextlib
import difflib
import operator
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from contracts.kinds import KindError, add_folders
from contracts.sections import Chosen, Section
from pipeline.config.run import RunConfig
from pipeline.errors import ConfigurationError

Location = tuple[int | str, ...]
# What PyYAML's scanner raises at an escape beyond Unicode, as "\\UFFFFFFFF"; values fail in `_scalar`.
_NO_CHARACTER = (ValueError, OverflowError)
_MAX_BYTES = 1_000_000
_INDEX = re.compile(r"\[(\d+)\]")
"""As messages name an item of a list."""
_UNUSABLE = frozenset({"\0", *map(chr, range(0xD800, 0xE000))})  # no path, no UTF-8
# What pydantic says of values of another shape names Python's types.
_PLAIN = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "should be keys and values"),
    **dict.fromkeys(("tuple_type", "list_type"), "should be a list"),
    "path_type": "should be a path",
}
_PLAIN_TAGS = {
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG,
    yaml.resolver.BaseResolver.DEFAULT_SEQUENCE_TAG,
}


def load(path: Path, overrides: Sequence[str] = ()) -> RunConfig:
    """The run that the YAML file at `path` describes, with overrides such as `training.max_steps=500`.

    Raises:
        ConfigurationError: the file cannot be read, is no YAML, or says something no run understands; one
            line for each mistake, with the key's path and the line in the file.
    """
    return parse(_read(path), str(path), overrides)


def parse(text: str, name: str = "the configuration", overrides: Sequence[str] = ()) -> RunConfig:
    """As `load`, from text; `name` stands for the file in messages."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values, lines = _construct(root, name) if root is not None else ({}, {})
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ConfigurationError(f"{name}:{line}: not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, *_NO_CHARACTER) as error:
        raise ConfigurationError(f"{name}: not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ConfigurationError(f"{name}: nested too deeply") from None
    if not isinstance(values, dict):
        raise ConfigurationError(f"{name}: should be keys and values, as `name: my-run`")
    changed = [_override(values, override) for override in overrides]
    _add_extensions(values, lines, changed, name)
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        problems = mistakes(error, values)
        located = [(_line(location, lines), location, text) for location, text in problems]
        messages = [
            f"{_place(location, lines, changed, name)}: {text}"
            for _, location, text in sorted(located, key=operator.itemgetter(0))
        ]
        raise ConfigurationError("\n".join(messages)) from None


def _add_extensions(
    values: dict[str, Any], lines: dict[Location, int], changed: Sequence[Location], name: str
) -> None:
    """Let what is in the folders of `extensions` be found, before its words are looked up."""
    given = values.get("extensions")
    for number, folder in enumerate(given if isinstance(given, list) else []):
        location = ("extensions", number)
        try:
            add_folders([Path(folder)] if isinstance(folder, str) else [])  # Else it is refused by its type.
        except KindError as error:
            place = _place(location, lines, changed, name)
            raise ConfigurationError(f"{place}: {_path(location)}: {error}") from None


def _override(values: dict[str, Any], override: str) -> Location:
    """Set one value in place, and say where; numbers in the key count the items of a list from 0."""
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigurationError(f"{override!r} is no override: write KEY=VALUE, as training.max_steps=500")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = _construct(node, repr(override))[0] if node is not None else None
    except (yaml.YAMLError, *_NO_CHARACTER, RecursionError):
        raise ConfigurationError(f"{override!r}: the value is not YAML") from None
    *path, last = _INDEX.sub(r".\1", key).split(".")
    holder: Any = values
    location: Location = ()
    for name in path:
        location = (*location, int(name) if isinstance(holder, list) and name.isdecimal() else name)
        holder = _item(holder, name, key) if isinstance(holder, list) else holder.setdefault(name, {})
        if not isinstance(holder, dict | list):
            raise ConfigurationError(f"{override!r}: {name} holds a plain value, nothing below it can be set")
    if isinstance(holder, list):
        _item(holder, last, key)
        holder[int(last)] = value
        return (*location, int(last))
    holder[last] = value
    return (*location, last)


def _item(items: list[Any], name: str, key: str) -> Any:
    if not name.isdecimal() or int(name) >= len(items):
        raise ConfigurationError(f"{key!r}: {name} is no item of a list of {len(items)}, counted from 0")
    return items[int(name)]


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from None
    if len(content) > _MAX_BYTES:
        raise ConfigurationError(f"{path} is larger than {_MAX_BYTES} bytes: is it a run's configuration?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8") from None


def _construct(root: yaml.Node, name: str) -> tuple[Any, dict[Location, int]]:
    """Plain values of a node tree, and the line (from 1) of every key and item."""
    lines: dict[Location, int] = {}
    seen: set[int] = set()
    scalars = yaml.SafeLoader("")  # resolves tags; reads nothing

    def build(node: yaml.Node, location: Location) -> Any:
        line = node.start_mark.line + 1
        lines.setdefault(location, line)
        if id(node) in seen:
            raise ConfigurationError(
                f"{name}:{line}: aliases (`*name`) are not supported: write the value out"
            )
        seen.add(id(node))
        if not isinstance(node, yaml.ScalarNode) and node.tag not in _PLAIN_TAGS:
            raise ConfigurationError(
                f"{name}:{line}: the tag {node.tag} is not supported: write plain values"
            )
        if isinstance(node, yaml.SequenceNode):
            return [build(child, (*location, i)) for i, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            mapping: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key_line = key_node.start_mark.line + 1
                if not isinstance(key_node, yaml.ScalarNode):
                    raise ConfigurationError(f"{name}:{key_line}: a key must be a word")
                key = key_node.value
                here: Location = (*location, key)
                if key in mapping:
                    first = lines[here]
                    path = _path(here)
                    raise ConfigurationError(
                        f"{name}:{key_line}: {path}: given twice, first in line {first}: keep one"
                    )
                lines[here] = key_line
                mapping[key] = build(value_node, here)
            return mapping
        value = _scalar(scalars, node, f"{name}:{line}")
        if isinstance(value, str) and not _UNUSABLE.isdisjoint(value):
            raise ConfigurationError(f"{name}:{line}: a NUL character or half a surrogate pair is no text")
        return value

    return build(root, ()), lines


def _scalar(scalars: yaml.SafeLoader, node: yaml.Node, where: str) -> Any:
    """PyYAML's constructors fail with whatever comes: IndexError at `!!int ""`, KeyError at `!!bool x`."""
    try:
        value = scalars.construct_object(node, deep=True)
    except (RecursionError, yaml.YAMLError):
        raise
    except Exception as error:
        raise ConfigurationError(
            f"{where}: {str(node.value)[:60]!r} is no {node.tag.rpartition(':')[2]}: {error}"
        ) from None
    if isinstance(value, int) and abs(value) >= 1 << 63:
        raise ConfigurationError(f"{where}: a number of more than 63 bits is none that a run can use")
    return value


def _path(location: Location) -> str:
    """`training.learning_rate`, `corpora[0].train`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _line(location: Location, lines: dict[Location, int]) -> int:
    """That of the nearest enclosing key that is in the file; 0: none is."""
    for end in range(len(location), -1, -1):
        if location[:end] in lines:
            return lines[location[:end]]
    return 0


def _place(location: Location, lines: dict[Location, int], changed: Sequence[Location], name: str) -> str:
    """The option, or the line of the file, that a mistake is in; of one between several sections the file and
    all options.
    """
    if not location:
        return " ".join((name, *map(_option, changed)))
    line = _line(location, lines)
    return _culprit(location, lines, changed) or (f"{name}:{line}" if line else name)


def _culprit(location: Location, lines: dict[Location, int], changed: Sequence[Location]) -> str:
    """The option whose value, or whose new key, the mistake is in; empty: it is in the file."""
    for option in reversed(changed):
        made_by_it = location == option[: len(location)] and location not in lines
        if option == location[: len(option)] or made_by_it:
            return _option(option)
    return ""


def _option(changed: Location) -> str:
    return f"--set {_path(changed)}"


def mistakes(
    error: ValidationError, values: Any, kind: type[BaseModel] = RunConfig, within: Location = ()
) -> list[tuple[Location, str]]:
    """Where each mistake is, and one sentence with its path, cause and cure.

    Args:
        values: what was validated as `kind`.
        within: where in the file they stand.
    """
    return [_in_words(problem, values, kind, within) for problem in _telling(error)]


def _telling(error: ValidationError) -> list[Any]:
    """The errors without those that only follow from one inside, as a list that is too short."""
    errors = error.errors()
    inner = {mistake["loc"][:end] for mistake in errors for end in range(len(mistake["loc"]))}
    return [mistake for mistake in errors if not (mistake["type"] == "too_short" and mistake["loc"] in inner)]


def _in_words(error: Any, values: Any, section: type[BaseModel], within: Location) -> tuple[Location, str]:
    location, models = _resolve(error["loc"], values, section)
    path, kind, given = _path((*within, *location)) or "the run", error["type"], error.get("input")
    if kind == "extra_forbidden":
        known = sorted({name for model in models for name in _keys(model)})
        return location, f"{path}: unknown; {_meant(str(location[-1]), known, _relatives(models))}"
    if kind == "missing":
        return location, f"{path}: missing, and there is no default"
    if kind == "string_type" and isinstance(given, bool):
        hint = "YAML reads no, yes, on and off as truth values: put it in quotes"
        return location, f"{path}: should be text, not {str(given).lower()}; {hint}"
    if kind == "string_type" and isinstance(given, int | float):
        return location, f"{path}: should be text, not the number {given}: put it in quotes"
    message = _PLAIN.get(kind) or str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    shown = "" if isinstance(given, dict | list) else f", not {_as_yaml(given)}"
    return location, f"{path}: {message[:1].lower()}{message[1:]}{shown}"


def _as_yaml(value: Any) -> str:
    """A plain value, as it could stand in the file; text in quotes."""
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else repr(value)


def _relatives(models: Sequence[type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """What else a word could have chosen where it chose one of the models: `architecture transformer`."""
    relatives: dict[str, type[BaseModel]] = {}
    for model in models:
        for base in model.__mro__:
            if issubclass(base, Chosen) and Chosen in base.__bases__:
                with contextlib.suppress(KindError):  # One of them cannot be loaded: it is told elsewhere.
                    relatives |= {f"{base.word} {name}": thing for name, thing in base.things().items()}
    return relatives


def _meant(key: str, known: Sequence[str], relatives: Mapping[str, type[BaseModel]]) -> str:
    """The nearest key that is known here, what else has it, or all that are known."""
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.8)
    having = [name for name, thing in relatives.items() if key in thing.model_fields]
    if not near and having:
        return f"it is a key of {' and of '.join(having)}"
    others = [name for name, field in RunConfig.model_fields.items() if _has(field.annotation, key)]
    if not near and others:
        return f"it is a key of {' and of '.join(others)}"
    near = near or difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"


def _has(annotation: Any, key: str) -> bool:
    return any(key in _class(model, {}).model_fields for model in _models(annotation))


def _keys(model: type[BaseModel]) -> Iterator[str]:
    yield from model.model_fields
    if issubclass(model, Section):
        yield from model.more_keys()


def _resolve(loc: Location, values: Any, section: type[BaseModel]) -> tuple[Location, list[type[BaseModel]]]:
    """The location without pydantic's tags of unions, and the models that the last key may belong to."""
    location: list[int | str] = []
    models: list[type[BaseModel]] = [section]
    parents = models
    for part in loc:
        parents = [_class(model, values) for model in models]
        location.append(part)
        if isinstance(part, str):
            fields = [m.model_fields[part].annotation for m in parents if part in m.model_fields]
            # What is no field is a key of a map, whose values the models describe.
            if fields:
                models = [model for annotation in fields for model in _models(annotation)]
        if isinstance(values, dict):
            values = values.get(str(part))
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
    return tuple(location), parents


def _class(model: type[BaseModel], given: Any) -> type[BaseModel]:
    """Of a section whose class a word in it names, that class, where the word is right."""
    if issubclass(model, Chosen) and Chosen in model.__bases__ and isinstance(given, Mapping):
        with contextlib.suppress(KindError):
            return model.of(given)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """All configuration models inside a type, as `tuple[A | B, ...] | None`."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for argument in typing.get_args(annotation):
        yield from _models(argument)
