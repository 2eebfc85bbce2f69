"""What corpus formats have in common.

A format is a file in this folder, or in a folder of the user's (`extensions:`): `format: tmx` is `tmx.py`. It
defines one subclass of `Corpus`: the keys that the user may write, which files it has, how one is recognised
and how it is read. Nothing else names it. Most formats are of one file with both languages: `FileCorpus`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, SerializeAsAny, model_validator

from contracts.errors import DataError
from contracts.examples import SPLITS, TEST
from contracts.kinds import Kind
from contracts.sections import Chosen, Section
from texts.formats.files import Opener, open_bytes, open_here
from texts.formats.recognition import HEAD_BYTES, described, is_markup
from texts.formats.rows import Rows

FORMATS = Kind(
    "format",
    "texts.formats",
    besides=("columns", "files", "inline", "lines", "recognition", "rows", "variants", "xml_stream"),
)

SOURCE, TARGET, BOTH = "source", "target", "both"
"""The sides that a file holds."""
Files = tuple[tuple[str, str], ...]
"""Each file that is read together, by its side: paths, or patterns with `{SPAN}` and `{VERSION}`."""

Weight = Annotated[
    float,
    Field(gt=0, le=100, description="how often an epoch of the training sees each pair; 0.5: half of them"),
]


def _check_language(language: str) -> str:
    """See `texts.languages`, which a client that only reads formats does not have all of."""
    from texts.languages import check_language

    return check_language(language)


class SideLanguages(Section):
    """BCP 47 codes of a corpus's two sides."""

    source: Annotated[str, AfterValidator(_check_language)]
    target: Annotated[str, AfterValidator(_check_language)]


class HashSplit(Section):
    """Shares of the corpus by hash of the source, so that no source is in two splits; the rest is `train`."""

    dev: float = Field(0.02, ge=0, lt=0.5)
    test: float = Field(0.02, ge=0, lt=0.5)


@dataclass(frozen=True)
class Reading:
    """How the files of a run are read: which languages are wanted, how much of a row is kept, who opens a
    file."""

    source_language: str
    target_language: str
    max_line_bytes: int
    """Of a side."""
    opener: Opener = open_here

    @property
    def languages(self) -> tuple[str, str]:
        """Source and target."""
        return self.source_language, self.target_language


class Corpus(Chosen):
    """A corpus of any format."""

    kind: ClassVar[Kind] = FORMATS
    word: ClassVar[str] = "format"
    defines: ClassVar[tuple[str, ...]] = ("rows",)
    LATER = frozenset({"languages"})

    name: str
    format: str
    weight: Weight = 1.0
    languages: SideLanguages | None = Field(
        None, description="of its two sides, in a run of several directions, where they are not the run's"
    )

    @property
    def shares(self) -> HashSplit | None:
        """How it is split; None: its files are given split by split, or it splits itself."""
        return None

    @property
    def tested_as(self) -> tuple[str, ...]:
        """The names that its sentences have in the test split."""
        return (self.name,)

    def inputs(self) -> list[tuple[str | None, Files]]:
        """What is read, with the split that it is for: None where that is told row by row."""
        raise NotImplementedError

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether a file that begins so is certainly one of this format. Plain text can be of many."""
        del head
        return False

    @classmethod
    def foreign(cls, head: bytes) -> str | None:
        """What a file is that begins so and cannot be of this format, in words; None: it may be."""
        return described(head)

    def check(self, path: str, opener: Opener = open_here) -> None:
        """Look at the first plain bytes of a file; a format whose files are no text looks itself.

        Raises:
            DataError: it is of another kind than the format: an error page, another XML, a document.
        """
        with open_bytes(path, opener) as stream:
            head = stream.read(HEAD_BYTES)
        foreign, wanted = self.foreign(head), self.format.upper()
        if self.recognises(head) or (foreign is None and not is_markup(head)):
            return
        for name, corpus in Corpus.things().items():
            if corpus.recognises(head):
                raise DataError(
                    f"{path} is {name.upper()}, not {wanted}: write `format: {name}`, or take the right file"
                )
        if foreign is not None:
            raise DataError(f"{path} is {foreign}, not {wanted}; look into it and fetch the file again")

    def rows(self, paths: Mapping[str, str], reading: Reading) -> Rows:
        """Stream what the files hold, in bounded memory.

        Args:
            paths: the files of one of the `inputs`, by side.

        Raises:
            DataError: a file cannot be used.
        """
        raise NotImplementedError


AnyCorpus = SerializeAsAny[Corpus]


class SplitCorpus(Corpus):
    """A corpus of files: given split by split, or for all splits and parted by hash."""

    WHOLE: ClassVar[str]
    """The key of the files for all splits."""

    @staticmethod
    def sides(files: Any) -> Files:
        """The paths that the value of a key names."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _given_or_hashed(self) -> SplitCorpus:
        whole = getattr(self, self.WHOLE)
        if (whole is None) == (not any(getattr(self, split) for split in SPLITS)):
            raise ValueError(f"give either `train`/`dev`/`test` or `{self.WHOLE}`")
        if (whole is None) != (self.shares is None):
            raise ValueError(f"`{self.WHOLE}` and `split` go together")
        return self

    @property
    def tested_as(self) -> tuple[str, ...]:
        return (self.name,) if getattr(self, TEST) or (self.shares and self.shares.test) else ()

    def inputs(self) -> list[tuple[str | None, Files]]:
        whole = getattr(self, self.WHOLE)
        if whole is not None:
            return [(None, self.sides(whole))]
        given = ((split, getattr(self, split)) for split in SPLITS)
        return [(split, self.sides(files)) for split, files in given if files is not None]


class FileCorpus(SplitCorpus):
    """One file with both languages (plain, .gz, .zst, .xz or .bz2) for each split, or one for all."""

    WHOLE = "file"

    train: str | None = None
    dev: str | None = None
    test: str | None = None
    file: str | None = Field(None, description="one file for all splits; needs `split`")
    split: HashSplit | None = None

    @property
    def shares(self) -> HashSplit | None:
        return self.split

    @staticmethod
    def sides(files: str) -> Files:
        return ((BOTH, files),)


_ONCE_TAKEN = frozenset(("source_field", "target_field", "delimiter"))


class EarlyFileCorpus(FileCorpus):
    """A format of the first version, where each took the keys of all: what means nothing is passed over."""

    @model_validator(mode="before")
    @classmethod
    def _without_what_means_nothing(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {key: given[key] for key in given if key not in _ONCE_TAKEN or key in cls.model_fields}
