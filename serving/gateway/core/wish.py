"""What a request asks for, and what it gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from serving.gateway.core.errors import Fault, GatewayError
from texts.cascade import Format, Note, SegmentAnswer, Splitting

MOST_ALTERNATIVES = 10
"""That a request may ask for."""
_MOST_TAGS = 1000


@dataclass(frozen=True)
class Wish:
    """Texts and options, as all interfaces can say them."""

    texts: tuple[str, ...]
    target: str
    source: str | None = None
    """None: to be found out, of each text."""
    format: Format = "text"
    split: Splitting = "on"
    ignore_tags: tuple[str, ...] = ()
    splitting_tags: tuple[str, ...] = ()
    non_splitting_tags: tuple[str, ...] = ()
    outline: bool = True
    changes: Mapping[str, object] = field(default_factory=dict)
    """Options of the cascade that the texts of a document need."""
    before: str = ""
    """What stands before each text: for models that read context."""
    columns: tuple[str, ...] = ()
    """Of a document that is a table: those that are translated."""
    is_bilingual: bool = False
    """Whether a document's sentences are wanted beside their translations, as XLIFF, instead of it."""
    alternatives: int = 0
    links: bool = False
    """Whether to say which words stand for which; not with alternatives, nor where the model cannot."""
    label: str | None = None
    """None: the settings'."""

    def __post_init__(self) -> None:
        """
        Raises:
            GatewayError: TOO_LARGE, more elements are named than any text has: each text looks at all.
        """
        named = len(self.ignore_tags) + len(self.splitting_tags) + len(self.non_splitting_tags)
        if named > _MOST_TAGS:
            raise GatewayError(
                Fault.TOO_LARGE, f"Invalid request: {named} elements are named, and {_MOST_TAGS} may be"
            )

    @property
    def characters(self) -> int:
        """Of all texts."""
        return sum(map(len, self.texts))


@dataclass(frozen=True)
class Asked:
    """A model that was asked for a text."""

    model: str
    versions: tuple[int, ...]
    """Those that answered: several while a label moves."""


@dataclass(frozen=True)
class TextOutcome:
    """What became of one text."""

    text: str
    source: str
    """The language that it was taken for, or given out for."""
    confidence: float
    """0 to 1: how sure that is; 1 where the request said it."""
    score: float | None = None
    """As the model's answers have it, the mean over its sentences; None where no model was asked for any."""
    alternatives: tuple[str, ...] = ()
    segments: tuple[SegmentAnswer, ...] = ()
    chances: tuple[float | None, ...] = ()
    """Of each segment how likely it is good, 0 to 1; None where the version's card does not say."""
    notes: tuple[Note, ...] = ()
    """What was kept from translation, and what could not be kept as it should."""
    asked: tuple[Asked, ...] = ()
    """One after the other; none where no model was."""
    pivot: str = ""
    """The third language over which it went; empty: over none."""

    @property
    def model(self) -> str:
        """Their names, joined by a comma; empty where none was asked."""
        return ",".join(dict.fromkeys(asked.model for asked in self.asked))

    @property
    def versions(self) -> tuple[int, ...]:
        """Theirs, one model's after the other's, each once."""
        return tuple(dict.fromkeys(version for asked in self.asked for version in asked.versions))


@dataclass(frozen=True)
class RequestOutcome:
    """All answers of a request, in the order of its texts."""

    answers: tuple[TextOutcome, ...]
    target: str
    label: str
    milliseconds: dict[str, float]
    """By phase."""
    is_in_context: bool = False
    """Whether the models that translate these languages read what stands before a sentence."""

    @property
    def models(self) -> tuple[str, ...]:
        """That were asked, each once."""
        return tuple(sorted({asked.model for answer in self.answers for asked in answer.asked}))

    @property
    def versions(self) -> tuple[int, ...]:
        """That answered, each once."""
        return tuple(sorted({version for answer in self.answers for version in answer.versions}))

    @property
    def pivots(self) -> tuple[str, ...]:
        """The third languages over which texts went, each once."""
        return tuple(sorted({answer.pivot for answer in self.answers if answer.pivot}))
