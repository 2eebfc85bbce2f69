"""A configuration's sections: frozen, typed, unknown keys refused; some are of what is found by its name."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError
from typing_extensions import Self

from contracts.kinds import Kind, KindError, add_senders_folders, folders

_STORED = "stored"
"""The context in which what was written before is validated."""


class Section(BaseModel):
    """A part of the configuration: frozen, and no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    LATER: ClassVar[frozenset[str]] = frozenset()
    """Keys that came when files and cache keys held all others: at their defaults they are not written, so
    that these stay what they were for those who do not use the keys.
    """

    @classmethod
    def stored(cls, values: Any) -> Self:
        """Of what was written when it was a configuration: that nothing reads a key was not always a reason
        to refuse it, so such a key is at its default.
        """
        return cls.model_validate(values, context=_STORED)

    @classmethod
    def default_of(cls, key: str) -> Any:
        """What is meant where the key is not said."""
        return cls.model_fields[key].get_default(call_default_factory=True)

    def unread(self) -> dict[str, str]:
        """Keys that nothing reads beside the others, each with what to do where it is not at its default."""
        return {}

    @classmethod
    def more_keys(cls) -> tuple[str, ...]:
        """That may be written in it, beside its fields."""
        return ()

    def also_said(self) -> frozenset[str]:
        """Keys whose default says something beside the others: see `contracts.settings`."""
        return frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, given: Any, info: ValidationInfo) -> Any:
        """Pydantic reads true, which is YAML's yes and on, as 1."""
        if isinstance(given, bool) and info.field_name is not None:
            wanted = set(_alternatives(cls.model_fields[info.field_name].annotation))
            if wanted & {int, float} and bool not in wanted:
                others = [word for kind, word in ((str, "text"), (type(None), "null")) if kind in wanted]
                hint = "; YAML reads yes, no, on and off as truth values: quote text" if str in wanted else ""
                kinds = {"kinds": " or ".join(["a number", *others]) + hint}
                raise PydanticCustomError("number", "should be {kinds}", kinds)
        return given

    @model_validator(mode="after")
    def _no_key_without_effect(self, info: ValidationInfo) -> Self:
        idle = {key: why for key, why in self.unread().items() if not self._at_default(key)}
        if idle and info.context == _STORED:
            return self.model_copy(update={key: self.default_of(key) for key in idle})
        for why in idle.values():
            raise ValueError(why)
        return self

    def _at_default(self, key: str) -> bool:
        return bool(getattr(self, key) == self.default_of(key))

    def _unwritten(self, key: str) -> bool:
        return key in self.LATER and self._at_default(key)

    @model_serializer(mode="wrap")
    def _as_before(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = dump(self)
        return {key: value for key, value in values.items() if not self._unwritten(key)}


def _alternatives(annotation: Any) -> Iterator[Any]:
    """Each type that a value may have; of a literal, its values' types."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        for argument in arguments:
            yield from _alternatives(argument)
    elif origin is typing.Annotated:
        yield from _alternatives(arguments[0])
    elif origin is typing.Literal:
        yield from map(type, arguments)
    else:
        yield annotation


class Chosen(Section):
    """A section whose keys are those of the thing that a word in it names.

    A kind's base class derives from this one and gives it the variables and a field of the word's name.
    A thing's class derives from the kind's, stands in the thing's module, and says `WORD: Literal[NAME] =
    NAME`. Then the kind's class validates as the thing's that the word names, or the default one's; the name
    alone stands for a section with no other key, as in `schedule: cosine`. A field
    is annotated with `SerializeAsAny[...]` of the kind's class; what is written of it has the word in it only
    where it is not the default, so that files and cache keys from before there was a choice keep their
    meaning.
    """

    kind: ClassVar[Kind]
    word: ClassVar[str]
    """The key that names the thing, as `architecture`."""
    default: ClassVar[str | None] = None
    """What is meant where nothing is said; None: something must be."""
    defines: ClassVar[tuple[str, ...]] = ()
    """Methods that each thing's class has to have of its own."""

    @classmethod
    def things(cls) -> dict[str, type[Self]]:
        """The configuration class of every thing of the kind, by name.

        Raises:
            KindError: one cannot be loaded, or has no such class.
        """
        return {name: cls.of({cls.word: name}) for name in cls.kind.names()}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> type[Self]:
        """The configuration class of the thing that is named among these values.

        Raises:
            KindError: nothing has that name, or what has it has no such class.
        """
        name = values.get(cls.word, cls.default)
        if name is None:
            raise KindError(f"missing; one of {', '.join(cls.kind.names())}")
        if not isinstance(name, str):
            raise KindError(f"the name of the {cls.kind.noun} should be text, not {name!r}")
        module = cls.kind.module(name)
        classes = [
            member
            for member in vars(module).values()
            if isinstance(member, type) and issubclass(member, cls) and member.__module__ == module.__name__
        ]
        if len(classes) != 1:
            raise KindError(
                f"the {cls.kind.noun} `{name}` ({module.__file__}) should hold one configuration class, "
                f"derived from {cls.__name__}, and holds {len(classes)}"
                + (f" ({', '.join(thing.__name__ for thing in classes)})" if classes else "")
            )
        if classes[0].model_fields[cls.word].default != name:
            raise KindError(
                f"the configuration class of the {cls.kind.noun} `{name}` ({module.__file__}) should say "
                f'`{cls.word}: Literal["{name}"] = "{name}"`'
            )
        missing = [name for name in cls.defines if getattr(classes[0], name) is getattr(cls, name)]
        if missing:
            raise KindError(
                f"{classes[0].__name__} of the {cls.kind.noun} `{name}` ({module.__file__}) lacks the method "
                f"{' and '.join(missing)}, which {cls.__name__} describes"
            )
        return classes[0]

    def named_files(self) -> tuple[Path, ...]:
        """Files and folders that its keys name, looked at: their content counts as what is set
        (`contracts.settings.named_files`). Not those of corpora, which ingestion knows.

        Raises:
            DragomanError: one is not there, or not what it should be.
        """
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _choose(cls, given: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if Chosen not in cls.__bases__ or isinstance(given, cls):
            return handler(given)
        values = {cls.word: given} if isinstance(given, str) else given
        if not isinstance(values, Mapping):
            message = "should be the name of the {noun}, or keys and values with `{word}` among them"
            raise PydanticCustomError("kind", message, {"noun": cls.kind.noun, "word": cls.word})
        try:
            chosen = cls.of(values)
        except KindError as error:
            reason = PydanticCustomError("kind", "{reason}", {"reason": str(error)})
            details = InitErrorDetails(type=reason, loc=(cls.word,), input=values)
            raise ValidationError.from_exception_data(cls.__name__, [details]) from None
        return chosen.model_validate(values, context=info.context)

    def __reduce__(self) -> tuple[Any, ...]:
        # By the word: another process, as a worker of Beam's, cannot import a class of a user's folder.
        base = next(
            parent
            for parent in type(self).__mro__
            if issubclass(parent, Chosen) and Chosen in parent.__bases__
        )
        values = {self.word: getattr(self, self.word), **self.model_dump()}
        return _restored, (folders(), base, values)

    def _unwritten(self, key: str) -> bool:
        return super()._unwritten(key) or (key == self.word and getattr(self, key) == self.default)


def _restored(extensions: list[Path], base: type[Chosen], values: dict[str, Any]) -> Chosen:
    """A section that another process has sent."""
    add_senders_folders(extensions)
    return base.model_validate(values)
