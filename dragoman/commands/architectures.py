"""`dragoman architectures`: what `model: {architecture: …, preset: …}` can name, and the keys of each; and
what a run can name beside it."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dragoman.console import print_json
from dragoman.table import show_table

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from contracts.sections import Chosen
    from trainer.models.base import ArchitectureConfig


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: dragoman architectures recurrent")(architectures)


def architectures(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="the keys of this one")] = None,
    extensions: Annotated[
        list[Path] | None,
        typer.Option("--extensions", help="a folder of your own, as in a run's YAML; repeat it for more"),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON list, with the keys of each.")] = False,
) -> None:
    """List the architectures that `model.architecture` can name, and the presets of each (`model.preset`):
    what it is, what it costs, where it is good; then the vocabularies, objectives, optimizers, schedules,
    search heads and constraints that there are; or the keys of one architecture, with the words that each
    can be."""
    from contracts.kinds import add_folders
    from trainer.models.base import ArchitectureConfig

    add_folders(extensions or ())
    if name is None:
        things = ArchitectureConfig.things()
    else:
        things = {name: ArchitectureConfig.of({ArchitectureConfig.word: name})}
    if json_:
        print_json([_described(word, config) for word, config in things.items()])
    elif name is None:
        show_table(
            ("architecture", "preset", "what it is", "costs", "good for"),
            [line for word, config in things.items() for line in _lines(word, config)],
        )
        print()
        show_table(("named by", "word", "what it is"), _others())
    else:
        keys = _keys(things[name])
        show_table(
            ("key", "values", "default", ""),
            [
                [key, _values(field), str(field.default), field.description or ""]
                for key, field in keys.items()
            ],
        )


def _lines(name: str, thing: type[ArchitectureConfig]) -> list[list[str]]:
    """Of the architecture, and of each of its presets."""
    presets = [
        [name, word, _in_kind(thing, word), preset.costs, preset.suits]
        for word, preset in thing.presets.items()
    ]
    return [[name, "", _what(thing), thing.costs, thing.suits], *presets]


def _others() -> list[list[str]]:
    """What else makes a translator, by the key that names it."""
    from trainer.objectives.base import ObjectiveConfig
    from trainer.optimizers.base import OptimizerConfig
    from trainer.schedules.base import ScheduleConfig
    from trainer.search.constraints.base import ConstraintConfig
    from trainer.search.heads.base import HeadConfig
    from trainer.vocabulary import VocabularyConfig

    algorithm = VocabularyConfig.model_fields["algorithm"]
    vocabularies = ["vocabulary.algorithm", _values(algorithm), algorithm.description or ""]
    named: dict[str, type[Chosen]] = {
        "training.objective": ObjectiveConfig,
        "training.optimizer": OptimizerConfig,
        "training.schedule": ScheduleConfig,
        "search.head": HeadConfig,
        "search.constraints": ConstraintConfig,
    }
    return [
        vocabularies,
        *(
            [key, word, _what(thing)]
            for key, chosen in named.items()
            for word, thing in chosen.things().items()
        ),
    ]


def _in_kind(thing: type[ArchitectureConfig], preset: str) -> str:
    """The keys that a preset fills with something else than the default does."""
    from trainer.models.base import keys_in_words

    usual = {key: field.default for key, field in thing.model_fields.items()}
    filled = thing.presets[preset].keys
    return (
        keys_in_words({key: value for key, value in filled.items() if usual[key] != value}) or "the default"
    )


def _described(name: str, thing: type[ArchitectureConfig]) -> dict[str, Any]:
    keys = {
        key: {"values": _values(field), "default": field.default, "what": field.description or ""}
        for key, field in _keys(thing).items()
    }
    return {
        "architecture": name,
        "what": _what(thing),
        "costs": thing.costs,
        "suits": thing.suits,
        "default": name == thing.default,
        "keys": keys,
        "presets": {word: preset._asdict() for word, preset in thing.presets.items()},
    }


def _keys(thing: type[ArchitectureConfig]) -> dict[str, FieldInfo]:
    return {key: field for key, field in thing.model_fields.items() if key != thing.word}


def _values(field: FieldInfo) -> str:
    """The words that a key can be, or the kind of its number."""
    words = typing.get_args(field.annotation)
    return ", ".join(map(str, words)) or getattr(field.annotation, "__name__", str(field.annotation))


def _what(thing: type[Chosen]) -> str:
    """The beginning of its docstring."""
    return " ".join((thing.__doc__ or "").split("\n\n")[0].split()).partition(";")[0].removesuffix(".")
