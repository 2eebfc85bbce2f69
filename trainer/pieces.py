"""SentencePiece models of pieces that are given and not learned: characters, bytes, whole words.

They are unigram models (Kudo 2018, https://arxiv.org/abs/1804.10959, section 3.2): a text is cut into the
pieces whose probabilities have the highest product. So the same operation that knows learned pieces knows
these, here and in the exported graph, and no segmenter is needed there.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sentencepiece

from contracts.vocabulary import BOS, EOS, PAD, SPACE, UNK
from trainer.segmenters import Cut

BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
"""How SentencePiece names the pieces of bytes."""
SPECIAL = {PAD: "<pad>", UNK: "<unk>", BOS: "<s>", EOS: "</s>"}
_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _BYTE = 1, 2, 3, 4, 6
_UNIGRAM = 1


@dataclass(frozen=True)
class VocabularyContent:
    """What a vocabulary is to have."""

    size: int
    """At most so many pieces, the special ones among them."""
    byte_fallback: bool
    coverage: float
    """Share of the running text's characters that have a piece of their own."""
    own: Sequence[str]
    """The user's pieces, never cut."""

    @property
    def fixed(self) -> int:
        """How many there are whatever the text is."""
        return len(SPECIAL) + len(BYTES) * self.byte_fallback + len(self.own)


def byte_model(wanted: VocabularyContent) -> bytes:
    """256 bytes and the space between words, which makes a text's end easier to find than a byte would."""
    return _model(wanted, {SPACE: 0.0})


def character_model(wanted: VocabularyContent, sentences: Iterable[str]) -> bytes:
    """The characters of normalised sentences, the most frequent ones first."""
    counts: Counter[str] = Counter()
    for sentence in sentences:
        counts.update(_marked(sentence))
    return _model(wanted, _scores(_characters(counts, wanted)))


def word_model(wanted: VocabularyContent, sentences: Iterable[str], cut: Cut) -> bytes:
    """The words of normalised sentences, the most frequent ones first, after all their characters, of which
    an unknown word is made; a word after a space is another piece than one that follows another word.
    """
    words: Counter[str] = Counter()
    for sentence in sentences:
        words.update(_words(sentence, cut))
    characters: Counter[str] = Counter()
    for word, count in words.items():
        for character in word:
            characters[character] += count
    single = _characters(characters, wanted)
    known = set(single) | set(wanted.own)
    longer = [(word, count) for word, count in _by_count(words) if word not in known and len(word) > 1]
    likely = _scores(dict(longer[: max(0, wanted.size - wanted.fixed - len(single))]))
    # Each piece costs as much as the rarest: as few pieces as can be, so that no word is taken apart into
    # more frequent ones, and of equally many the likeliest. A character costs more than any word.
    lowest = min(likely.values(), default=0.0)
    scores = {piece: score + lowest for piece, score in likely.items()}
    return _model(wanted, {**scores, **dict.fromkeys(single, 2 * lowest - 1.0)})


def _marked(sentence: str) -> str:
    return SPACE + sentence.replace(" ", SPACE)


def _words(sentence: str, cut: Cut) -> Iterator[str]:
    for chunk in sentence.split():
        before = SPACE
        for word in cut(chunk):
            yield before + word
            before = ""


def _by_count(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """The most frequent first, equal ones in the order of their letters."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _characters(counts: Mapping[str, int], wanted: VocabularyContent) -> dict[str, int]:
    """Those that have pieces of their own: as many as the coverage and the size allow, the space always."""
    enough, covered = wanted.coverage * sum(counts.values()), 0
    kept = {SPACE: counts.get(SPACE, 1)}
    for character, count in _by_count(counts):
        if covered >= enough or len(kept) >= wanted.size - wanted.fixed:
            break
        covered += count
        if character not in wanted.own:
            kept[character] = count
    return kept


def _scores(counts: Mapping[str, int]) -> dict[str, float]:
    """Logarithms of probabilities."""
    total = sum(counts.values())
    return {piece: math.log(count / total) for piece, count in counts.items()}


def _model(wanted: VocabularyContent, scores: Mapping[str, float]) -> bytes:
    """The fields of sentencepiece_model.proto, written out: `ModelProto` has `pieces` (1) and `trainer_spec`
    (2); its generated code does not load beside protobuf 3. The rules of normalisation are added by others.
    """
    kinds = {**dict.fromkeys(SPECIAL, _CONTROL), UNK: _UNKNOWN}
    pieces = [_piece(SPECIAL[number], 0.0, kinds[number]) for number in sorted(SPECIAL)]
    pieces += [_piece(own, 0.0, _USER_DEFINED) for own in wanted.own]
    pieces += [_piece(byte, 0.0, _BYTE) for byte in BYTES] if wanted.byte_fallback else []
    pieces += [_piece(piece, score, _NORMAL) for piece, score in scores.items()]
    spec = {3: _UNIGRAM, 4: len(pieces), 35: int(wanted.byte_fallback), 40: UNK, 41: BOS, 42: EOS, 43: PAD}
    written = b"".join(varint(field << 3) + varint(value) for field, value in spec.items())
    model = b"".join(message(1, piece) for piece in pieces) + message(2, written)
    return bytes(sentencepiece.SentencePieceProcessor(model_proto=model).serialized_model_proto())


def _piece(text: str, score: float, kind: int) -> bytes:
    """`piece` (1), `score` (2, a float) and `type` (3)."""
    return (
        message(1, text.encode())
        + varint(2 << 3 | 5)
        + struct.pack("<f", score)
        + varint(3 << 3)
        + varint(kind)
    )


def message(field: int, content: bytes) -> bytes:
    """A field with a length (https://protobuf.dev/programming-guides/encoding/#length-types)."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def varint(number: int) -> bytes:
    """https://protobuf.dev/programming-guides/encoding/#varints"""
    digits = [number >> shift & 0x7F for shift in range(0, max(number.bit_length(), 1), 7)]
    return bytes([*(digit | 0x80 for digit in digits[:-1]), digits[-1]])
