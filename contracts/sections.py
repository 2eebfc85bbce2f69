"""A configuration's sections: frozen, typed, unknown keys refused; some are of what is found by its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError
from typing_extensions import Self

from contracts.kinds import Kind, KindError, add_senders_folders, folders


class Section(BaseModel):
    """A part of the configuration: frozen, and no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def more_keys(cls) -> tuple[str, ...]:
        """That may be written in it, beside its fields."""
        return ()

    def also_said(self) -> frozenset[str]:
        """Keys whose default says something beside the others: see `contracts.settings`."""
        return frozenset()


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
            )
        if classes[0].model_fields[cls.word].default != name:
            raise KindError(
                f"the configuration class of the {cls.kind.noun} `{name}` ({module.__file__}) should say "
                f'`{cls.word}: Literal["{name}"] = "{name}"`'
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
    def _choose(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
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
        return chosen.model_validate(values)

    def __reduce__(self) -> tuple[Any, ...]:
        # By the word: another process, as a worker of Beam's, cannot import a class of a user's folder.
        base = next(
            parent
            for parent in type(self).__mro__
            if issubclass(parent, Chosen) and Chosen in parent.__bases__
        )
        values = {self.word: getattr(self, self.word), **self.model_dump()}
        return _restored, (folders(), base, values)

    @model_serializer(mode="wrap")
    def _leave_default_word_out(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = handler(self)
        if values.get(self.word) == self.default:
            del values[self.word]
        return values


def _restored(extensions: list[Path], base: type[Chosen], values: dict[str, Any]) -> Chosen:
    """A section that another process has sent."""
    add_senders_folders(extensions)
    return base.model_validate(values)
