"""SentencePiece vocabularies (Kudo and Richardson 2018, https://arxiv.org/abs/1808.06226): learned,
stored, read.

A vocabulary is a folder: `source.model` and `target.model` (the same bytes when shared) and
`vocabulary.json`. The same model bytes tokenize here, through the Python package, and in the exported graph,
through TF-Text. They hold the rules of `texts.normalisation`; those learned before hold what was the
definition then, until `renewed`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Literal

import sentencepiece
from pydantic import Field, model_validator
from typing_extensions import Self

from contracts.sections import Section
from contracts.vocabulary import BOS, EOS, PAD, SEPARATOR, UNK, protected_pieces, target_tag
from texts.normalisation import normalise, normalizer_spec
from texts.rules import drop
from trainer.errors import DataError, VocabularyTooLargeError
from trainer.facts import VocabularyFacts
from trainer.pieces import BYTES, SPECIAL, VocabularyContent, byte_model, character_model, message, word_model
from trainer.segmenters import Segmenter, cut_of

_TOO_HIGH = re.compile(r"set it to a value <= (\d+)")
_TOO_LOW = re.compile(r"smaller than required_chars\. (\d+) vs (\d+)")
# SentencePiece leaves longer sentences out of what it learns from.
_MAX_SENTENCE_BYTES = 16_384


Algorithm = Literal["bpe", "unigram", "word", "char", "byte"]
_LEARNED = ("bpe", "unigram")


class SideConfig(Section):
    """What one language's vocabulary has otherwise than the section says; needs `shared: false`."""

    size: int | None = Field(None, ge=16, le=256_000)
    algorithm: Algorithm | None = None
    byte_fallback: bool | None = None
    character_coverage: float | None = Field(None, ge=0.98, le=1.0)
    segmenter: Segmenter | None = None
    pieces: tuple[str, ...] | None = None


class VocabularyConfig(Section):
    """SentencePiece vocabularies."""

    LATER = frozenset({"segmenter", "pieces", "protected", "context", "source", "target"})

    size: int = Field(8000, ge=16, le=256_000, description="pieces per vocabulary; word and char: at most")
    shared: bool = Field(True, description="one vocabulary for both languages")
    algorithm: Algorithm = Field(
        "bpe", description="bpe, unigram: subwords; word: whole words; char: characters; byte: of UTF-8"
    )
    byte_fallback: bool = Field(True, description="unknown characters become UTF-8 byte pieces, never <unk>")
    character_coverage: float = Field(1.0, ge=0.98, le=1.0, description="0.9995 suits Chinese and Japanese")
    training_sentences: int = Field(
        1_000_000, gt=100, description="at most so many sentences are read to learn pieces of bpe and unigram"
    )
    segmenter: Segmenter = Field(
        "spaces", description="of word: jieba finds Chinese words, mecab Japanese ones (extras zh and ja)"
    )
    pieces: tuple[str, ...] = Field(
        (), description="pieces of your own, which are never cut: names of products, marks of a format"
    )
    protected: int = Field(
        0,
        ge=0,
        le=100,
        description="pieces that stand for placeholders, which a model learns to carry from the disturbance "
        "`placeholders` of `augmentation`; 8 are enough for most sentences",
    )
    context: bool = Field(
        False,
        description="a piece between a sentence and the one before it, which a model learns to read from the "
        "disturbance `context` of `augmentation`",
    )
    source: SideConfig | None = Field(None, description="what is otherwise in the source's vocabulary")
    target: SideConfig | None = Field(None, description="what is otherwise in the target's vocabulary")

    @model_validator(mode="after")
    def _sides_fit(self) -> Self:
        if self.shared and (self.source or self.target):
            raise ValueError(
                "one vocabulary cannot be of two kinds: give shared: false beside source or target"
            )
        for name in ("source", "target"):
            _require_possible(self.side(name))
        return self

    @property
    def most_pieces(self) -> int:
        """How many there are at most; of bytes there are as many as there are, whatever the size."""
        return self._fixed + 1 if self.algorithm == "byte" else self.size

    @property
    def own(self) -> tuple[str, ...]:
        """All pieces that are never cut: the user's, and those that mean something."""
        return (*self.pieces, *protected_pieces(self.protected), *([SEPARATOR] if self.context else []))

    @property
    def _fixed(self) -> int:
        return VocabularyContent(self.size, self.byte_fallback, 1.0, self.own).fixed

    def side(self, name: str) -> VocabularyConfig:
        """The section as it holds for the `source` or the `target`."""
        other: SideConfig | None = getattr(self, name)
        changes = {} if other is None else other.model_dump(exclude_none=True)
        return self.model_copy(update={**changes, "source": None, "target": None})


def _require_possible(config: VocabularyConfig) -> None:
    """Raises ValueError where no text could have such a vocabulary."""
    if config.algorithm == "byte" and not config.byte_fallback:
        raise ValueError("a vocabulary of bytes is made of byte_fallback's pieces: leave byte_fallback true")
    if config.segmenter != "spaces" and config.algorithm != "word":
        raise ValueError(
            f"segmenter {config.segmenter} finds words, and {config.algorithm} wants none: leave it out, or "
            "choose algorithm word"
        )
    taken = {*SPECIAL.values(), *BYTES, SEPARATOR, *protected_pieces(config.protected)}
    for piece in config.pieces:
        if piece in taken:
            raise ValueError(f"the piece {piece!r} means something else already: choose another spelling")
        if not piece or piece != normalise(piece) or " " in piece:
            raise ValueError(
                f"the piece {piece!r} is not as text is when it is cut, normalised and without spaces: "
                f"{normalise(piece).replace(' ', '')!r} could be one"
            )
    if len(set(config.pieces)) < len(config.pieces):
        raise ValueError("pieces: one is there twice")
    fixed = config._fixed
    if config.algorithm not in _LEARNED and config.algorithm != "byte" and config.size <= fixed:
        raise ValueError(
            f"size {config.size} leaves no room beside the {fixed} pieces that every such vocabulary has "
            "(4 special ones, those of `pieces` and `protected`, and 256 bytes with byte_fallback): raise it"
        )


@dataclass(frozen=True)
class Vocabulary:
    """The pieces of both languages."""

    source_model: bytes = field(repr=False)
    target_model: bytes = field(repr=False)
    shared: bool
    targets: tuple[str, ...] = ()
    """The languages that a model of several directions translates into, its default first: each has a piece
    (`contracts.vocabulary.target_tag`) that stands before a source. None where there is one direction."""
    protected: int = 0
    """How many pieces stand for placeholders, on both sides (`contracts.vocabulary.protected_pieces`)."""
    context: bool = False
    """Whether it has `contracts.vocabulary.SEPARATOR`."""

    def __post_init__(self) -> None:
        processors = {}
        for side, model in (("_source", self.source_model), ("_target", self.target_model)):
            processors[side] = sentencepiece.SentencePieceProcessor(model_proto=model)
            object.__setattr__(self, side, processors[side])

    @property
    def source_size(self) -> int:
        """Number of source pieces, the four special ones among them."""
        return self._source.get_piece_size()  # type: ignore[attr-defined]

    @property
    def target_size(self) -> int:
        """Number of target pieces, the four special ones among them."""
        return self._target.get_piece_size()  # type: ignore[attr-defined]

    def encode_source(self, sentences: Sequence[str]) -> list[list[int]]:
        """Ids of each sentence, `EOS` at the end."""
        return self._source.encode(_utf8(sentences), add_eos=True)  # type: ignore[attr-defined]

    def encode_target(self, sentences: Sequence[str]) -> list[list[int]]:
        """Ids of each sentence, `EOS` at the end (the trainer puts `BOS` in front)."""
        return self._target.encode(_utf8(sentences), add_eos=True)  # type: ignore[attr-defined]

    def decode_target(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """Text of each row of ids; special pieces leave nothing behind."""
        return [self._target.decode([i for i in row if i > EOS]) for row in ids]  # type: ignore[attr-defined]

    def source_pieces(self) -> list[str]:
        """How each source piece is written, by id."""
        return _pieces(self._source)  # type: ignore[attr-defined]

    def target_pieces(self) -> list[str]:
        """How each target piece is written, by id."""
        return _pieces(self._target)  # type: ignore[attr-defined]

    def fixed_targets(self) -> list[int]:
        """Target pieces that were not learned: special ones, bytes, and those that are never cut, as
        protected ones. (They have the score 0; in a vocabulary of `bpe` so has the first that was joined.)
        """
        score = self._target.get_score  # type: ignore[attr-defined]
        return [piece for piece in range(self.target_size) if score(piece) == 0.0]

    def renewed(self) -> Vocabulary:
        """The same pieces with the rules of today: what goes on from an old vocabulary normalises as new
        training data is normalised.
        """
        return replace(
            self,
            source_model=_with_rules(self.source_model),
            target_model=_with_rules(self.target_model),
        )

    def save(self, folder: Path) -> None:
        """Write the folder that `load` reads."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "source.model").write_bytes(self.source_model)
        (folder / "target.model").write_bytes(self.target_model)
        VocabularyFacts(
            shared=self.shared,
            source_size=self.source_size,
            target_size=self.target_size,
            targets=self.targets,
            protected=self.protected,
            context=self.context,
        ).save(folder)

    @classmethod
    def load(cls, folder: Path) -> Vocabulary:
        """Read what `save` wrote.

        Raises:
            DataError: a file is missing or damaged.
        """
        facts = VocabularyFacts.load(folder)
        more = facts.shared, facts.targets, facts.protected, facts.context
        try:
            return cls((folder / "source.model").read_bytes(), (folder / "target.model").read_bytes(), *more)
        except (OSError, RuntimeError) as error:
            raise DataError(
                f"{folder} is not a vocabulary ({error}): learn it again, or give the folder that "
                f"holds source.model, target.model and {facts.FILE}"
            ) from error


def _pieces(processor: sentencepiece.SentencePieceProcessor) -> list[str]:
    return [processor.id_to_piece(piece) for piece in range(processor.get_piece_size())]


def _utf8(sentences: Sequence[str]) -> list[bytes]:
    """What no rule of the model can do, done; the rules do the rest."""
    return [drop(sentence).encode() for sentence in sentences]


def _with_rules(model: bytes) -> bytes:
    """A SentencePiece model with the rules of `texts.normalisation` in place of its own.

    A message's field that comes twice is merged, the later value winning
    (https://protobuf.dev/programming-guides/encoding/#last-one-wins): `normalizer_spec` is field 3.
    """
    processor = sentencepiece.SentencePieceProcessor(model_proto=model + message(3, normalizer_spec()))
    return bytes(processor.serialized_model_proto())


def learn_vocabulary(
    config: VocabularyConfig, source: Iterable[str], target: Iterable[str], targets: Sequence[str] = ()
) -> Vocabulary:
    """Learn the pieces of both languages from accepted sentences.

    Args:
        targets: of a model of several directions: see `Vocabulary.targets`.

    Raises:
        DataError: no sentence, or fewer pieces than their characters need.
        VocabularyTooLargeError: more pieces than these sentences allow.
    """
    if config.shared:
        both = chain.from_iterable(zip(source, target, strict=True))
        model = _learn(_with_tags(config, targets), both, "source and target")
        return Vocabulary(model, model, True, tuple(targets), config.protected, config.context)
    return Vocabulary(
        _learn(_with_tags(config.side("source"), targets), source, "source"),
        _learn(config.side("target"), target, "target"),
        shared=False,
        targets=tuple(targets),
        protected=config.protected,
        context=config.context,
    )


def _with_tags(config: VocabularyConfig, targets: Sequence[str]) -> VocabularyConfig:
    """The tags of the targets are pieces as they are."""
    return config.model_copy(update={"pieces": (*config.pieces, *map(target_tag, targets))})


def _learn(config: VocabularyConfig, sentences: Iterable[str], side: str) -> bytes:
    """The SentencePiece model of one vocabulary, as bytes."""
    normalised = filter(None, map(normalise, sentences))
    if config.algorithm in _LEARNED:
        return _with_rules(_learn_subwords(config, normalised, side))
    first = next(normalised, None)
    if first is None:
        raise _nothing_left(side)
    wanted = VocabularyContent(config.size, config.byte_fallback, config.character_coverage, config.own)
    if config.algorithm == "byte":
        return _with_rules(byte_model(wanted))
    sentences = chain([first], normalised)
    if config.algorithm == "word":
        return _with_rules(word_model(wanted, sentences, cut_of(config.segmenter)))
    return _with_rules(character_model(wanted, sentences))


def _learn_subwords(config: VocabularyConfig, normalised: Iterable[str], side: str) -> bytes:
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(normalised),
            model_writer=model,
            vocab_size=config.size,
            model_type=config.algorithm,
            byte_fallback=config.byte_fallback,
            character_coverage=config.character_coverage,
            input_sentence_size=config.training_sentences,
            shuffle_input_sentence=True,
            user_defined_symbols=list(config.own),
            max_sentence_length=_MAX_SENTENCE_BYTES,
            normalization_rule_name="identity",  # Done already; the model gets its rules afterwards.
            pad_id=PAD,
            unk_id=UNK,
            bos_id=BOS,
            eos_id=EOS,
            num_threads=2,
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise _error(str(error), config, side) from error
    return model.getvalue()


def _error(message: str, config: VocabularyConfig, side: str) -> DataError:
    """SentencePiece's assertion in words, with the cure."""
    if limit := _TOO_HIGH.search(message):
        return VocabularyTooLargeError(
            f"the {side} sentences allow at most {limit[1]} pieces, and vocabulary.size asks for "
            f"{config.size}: set it to {limit[1]} or less, or give more text"
        )
    if limit := _TOO_LOW.search(message):
        count = int(limit[2])
        others = VocabularyContent(config.size, config.byte_fallback, 1.0, config.own).fixed
        besides = f", {len(BYTES)} bytes of byte_fallback" if config.byte_fallback else ""
        return DataError(
            f"the {side} sentences need at least {count} pieces ({count - others} characters{besides}, "
            f"{others - len(BYTES) * config.byte_fallback} special ones), and vocabulary.size asks for "
            f"{config.size}: raise it, or lower vocabulary.character_coverage"
        )
    if "empty" in message.lower() or "sentences_" in message:
        return _nothing_left(side)
    return DataError(f"SentencePiece could not learn a vocabulary of the {side} sentences: {message.strip()}")


def _nothing_left(side: str) -> DataError:
    return DataError(f"no {side} sentence is left to learn a vocabulary from: look at the cleaning report")
