"""What somebody wants of a translation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from contracts.errors import ConfigurationError

Format = Literal["text", "html", "xml", "markdown"]
Splitting = Literal["off", "on", "newlines", "nonewlines"]
"""A text is one segment; line ends and sentences; line ends alone; sentences alone (DeepL's `0`, `1`, and,
at the end, `nonewlines`)."""

STAND_INS = tuple(f"X{number}" for number in range(1, 10))


class OptionsError(ConfigurationError, ValueError):
    """Wishes that nobody can meet, or a thing that has to be installed for one of them."""


@dataclass(frozen=True)
class Options:
    """Of all texts of one request."""

    target: str
    """BCP 47."""
    source: str | None = None
    """None: it is detected, each text's own."""
    sources: tuple[str, ...] = ()
    """The languages that there are models from; what is detected is one of them, or the target's. Of none
    any."""
    format: Format = "text"
    split: Splitting = "on"
    protect: bool = True
    """Whether placeholders, addresses, code and numbers come back as they are."""
    ignore_tags: tuple[str, ...] = ()
    """Elements of HTML and XML that are not translated."""
    splitting_tags: tuple[str, ...] = ()
    """Elements that a sentence never reaches over, beside those that are known or outlined."""
    non_splitting_tags: tuple[str, ...] = ()
    """Elements within sentences, whatever else is known of them."""
    outline: bool = True
    """Whether an XML's text tells which elements are within sentences; else those alone split that are
    named."""
    longest: int = 400
    """Characters that a model is asked in one row; longer sentences are split at clauses."""
    stand_ins: tuple[str, ...] = STAND_INS
    """What the model is asked instead of placeholders: what it copies. Of a model that copies nothing, as one
    trained on captions, none: then the words around placeholders are asked apart at once."""
    protected: tuple[str, ...] = ()
    """The protected pieces that the model was trained to carry, by its card: it is asked these in the place
    of stand-ins, and of tags, if it says no alignment."""
    context: int = 0
    """Sentences of a text before a row that the model was trained to read with it, by its card; one goes
    along at most, as far as both together are within `longest`."""
    before: str = ""
    """What stands before each text and is not translated: with `context` its last sentence goes along."""
    aligns: bool = False
    """Whether the model says which words stand for which: then that says where tags go."""

    def __post_init__(self) -> None:
        if not self.target:
            raise OptionsError("say which language is wanted: the target is empty")
        if self.longest < 1:
            raise OptionsError(f"longest is {self.longest}: a row has one character at least")
