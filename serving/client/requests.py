"""Requests for the signatures of an exported model (docs/contracts.md), and what their answers mean.

`B` rows, `K` hypotheses, `S` source pieces, `T` target pieces.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Generic, TypeVar

from contracts import signatures
from contracts.signatures import (
    ALIGNMENT,
    ATTENTION,
    REFUSAL,
    SCORE,
    SCORES,
    SEED,
    SOURCE,
    SOURCE_PIECES,
    TARGET_LANGUAGE,
    TARGET_PIECES,
    TENSORS,
    TRANSLATION,
    TRANSLATIONS,
    TRUNCATED,
    UNASKED,
    UNMET,
)
from serving.client.settings import ClientSettings
from serving.client.tensors import cube, fill, flags, floats, integers, matrix, numbers, rows, strings, texts
from serving.errors import RequestError
from serving.wire import prediction_pb2 as wire
from texts.alignments import words_of_links
from texts.offsets import Span, trace
from texts.spans import source_spans, target_spans, word_spans

_BATCH_BYTES = 1 << 20


@dataclass(frozen=True)
class Translation:
    """The best hypothesis of one source.

    `score` is its length-normalised log-probability; `truncated`: the model read only the source's beginning;
    `too_short`: the target has fewer sentences or far fewer characters than its source (`suspicion`);
    `unmet`: what it does not have of the prefix and the phrases that were asked for; `version`: that of the
    model which answered, of several sentences that of the first.
    """

    text: str
    score: float
    truncated: bool
    too_short: bool = False
    unmet: tuple[str, ...] = ()
    version: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Alternatives:
    """The hypotheses of one source, best first; `too_short` is about the best one, `version` as in
    `Translation`."""

    texts: tuple[str, ...]
    scores: tuple[float, ...]
    truncated: bool
    too_short: bool = False
    version: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Explanation:
    """Pieces of both sides, and `attention[t][s]`: how much target piece `t` looked at source piece `s`."""

    source_pieces: tuple[str, ...]
    target_pieces: tuple[str, ...]
    attention: tuple[tuple[float, ...], ...]
    text: str
    score: float
    too_short: bool = False


@dataclass(frozen=True)
class Alignment:
    """Pieces of both sides, and `links[t]`: the place of the source piece, from 0, that target piece `t`
    comes from; None: of none.
    """

    source_pieces: tuple[str, ...]
    target_pieces: tuple[str, ...]
    links: tuple[int | None, ...]
    text: str
    score: float
    too_short: bool = False
    source: str = ""
    """As it was sent."""
    version: int | None = field(default=None, compare=False)

    def of_source(self, source: str) -> Alignment:
        """With the text that was sent, in which spans are found."""
        return replace(self, source=source)

    @cached_property
    def source_spans(self) -> tuple[Span | None, ...]:
        """Of each source piece where it stands in `source`: (start, end), the end not in it, in code points,
        without the white space around it. None for the end, and where the model reads the text in another way
        than this program.
        """
        return tuple(source_spans(self.source_pieces, self.source))

    @cached_property
    def target_spans(self) -> tuple[Span | None, ...]:
        """The same of each target piece in `text`."""
        return tuple(target_spans(self.target_pieces, self.text))

    @property
    def truncated(self) -> bool:
        """As `Translation` has it, as far as the pieces say: False where they are not those of `source`."""
        pieces = zip(self.source_pieces, self.source_spans, strict=True)
        spans = [span for piece, span in pieces if piece not in ("", "</s>")]
        read = [span for span in spans if span is not None]
        if not read or len(read) < len(spans):
            return False
        normalised, _ = trace(self.source[read[-1][1] :])
        return bool(normalised.strip())

    @property
    def word_spans(self) -> tuple[tuple[Span | None, Span | None], ...]:
        """Of each link of `words` where its two words stand."""
        sources = word_spans(self.source_pieces, self.source_spans)
        targets = word_spans(self.target_pieces, self.target_spans)
        return tuple((sources[source], targets[target]) for source, target in self.words)

    @property
    def words(self) -> tuple[tuple[int, int], ...]:
        """Places of words, source and target, that are linked by a piece; ascending, from 0. A word is what
        stands between spaces: where a language writes none, go by the pieces.
        """
        return tuple(sorted(words_of_links(self.source_pieces, self.target_pieces, self.links)))


Answer = TypeVar("Answer", Translation, Alternatives, Explanation, Alignment)


@dataclass(frozen=True)
class SignatureReader(Generic[Answer]):
    """A signature, and how its outputs are read: one answer a row."""

    contract: signatures.Signature
    read: Callable[[wire.PredictResponse], list[Answer]]
    inputs: Mapping[str, float | int | str] = field(default_factory=dict)
    """Of every row, beside its source."""

    @property
    def name(self) -> str:
        """For a request."""
        return self.contract.name

    @property
    def outputs(self) -> tuple[str, ...]:
        """Those that are wanted."""
        return self.contract.outputs

    def asking(self, inputs: Mapping[str, float | int | str]) -> SignatureReader[Answer]:
        """The same with some inputs of every row."""
        return replace(self, inputs=inputs)


def _version(response: wire.PredictResponse) -> int | None:
    return response.model_spec.version.value or None


def _translations(response: wire.PredictResponse) -> list[Translation]:
    outputs = response.outputs
    return [
        Translation(text, score, truncated, version=_version(response))
        for text, score, truncated in rows(
            texts(outputs[TRANSLATION]), floats(outputs[SCORE]), flags(outputs[TRUNCATED])
        )
    ]


def _alternatives(response: wire.PredictResponse) -> list[Alternatives]:
    outputs = response.outputs
    return [
        Alternatives(several, scores, truncated, version=_version(response))
        for several, scores, truncated in rows(
            matrix(outputs[TRANSLATIONS], strings),
            matrix(outputs[SCORES], numbers),
            flags(outputs[TRUNCATED]),
        )
    ]


def _explanations(response: wire.PredictResponse) -> list[Explanation]:
    outputs = response.outputs
    explanations = rows(
        matrix(outputs[SOURCE_PIECES], strings),
        matrix(outputs[TARGET_PIECES], strings),
        cube(outputs[ATTENTION]),
        texts(outputs[TRANSLATION]),
        floats(outputs[SCORE]),
    )
    return [_without_padding(Explanation(*row)) for row in explanations]


def _without_padding(padded: Explanation) -> Explanation:
    # A batch is as wide as its longest row; pieces beyond a row's own are empty strings.
    source = sum(1 for piece in padded.source_pieces if piece)
    target = sum(1 for piece in padded.target_pieces if piece)
    return Explanation(
        padded.source_pieces[:source],
        padded.target_pieces[:target],
        tuple(weights[:source] for weights in padded.attention[:target]),
        padded.text,
        padded.score,
    )


def _constrained(response: wire.PredictResponse) -> list[Translation]:
    unmet = texts(response.outputs[UNMET])
    return [
        replace(translation, unmet=tuple(filter(None, lines.split("\n"))))
        for translation, lines in rows(_translations(response), unmet)
    ]


def _alignments(response: wire.PredictResponse) -> list[Alignment]:
    outputs = response.outputs
    alignments = rows(
        matrix(outputs[SOURCE_PIECES], strings),
        matrix(outputs[TARGET_PIECES], strings),
        matrix(outputs[ALIGNMENT], integers),
        texts(outputs[TRANSLATION]),
        floats(outputs[SCORE]),
    )
    return [replace(_aligned(*row), version=_version(response)) for row in alignments]


def _aligned(
    source: tuple[str, ...], target: tuple[str, ...], links: tuple[int, ...], text: str, score: float
) -> Alignment:
    source, target = tuple(filter(None, source)), tuple(filter(None, target))
    if any(link >= len(source) for link in links):
        raise RequestError("the server's alignment names source pieces that are not there")
    kept = tuple(link if link >= 0 else None for link in links[: len(target)])
    return Alignment(source, target, kept, text, score)


TRANSLATE = SignatureReader(signatures.TRANSLATE, _translations)
N_BEST = SignatureReader(signatures.N_BEST, _alternatives)
EXPLAIN = SignatureReader(signatures.EXPLAIN, _explanations)
ALIGN = SignatureReader(signatures.ALIGN, _alignments)
SAMPLE = SignatureReader(signatures.SAMPLE, _alternatives)
CONSTRAINED = SignatureReader(signatures.CONSTRAINED, _constrained)


def request(
    settings: ClientSettings,
    signature: SignatureReader[Answer],
    sources: Sequence[str],
    *,
    directed: bool = False,
) -> wire.PredictRequest:
    """A Predict of `[B]` sources; what is no Unicode (a lone surrogate) goes as `?`. Without a seed each row
    gets one by chance.

    Args:
        directed: the model has several directions, and is told which language is wanted.

    Raises:
        ValueError: there is none: a TensorFlow Serving with `allowed_batch_sizes` aborts at such a request.
    """
    if not sources:
        raise ValueError("a request needs a row: it would end a TensorFlow Serving that pads its batches")
    message = wire.PredictRequest(model_spec=settings.spec(signature.name), output_filter=signature.outputs)
    for name in signature.contract.inputs:
        if name == SOURCE:
            values: Sequence[float | int | str] = sources
        elif name == SEED and SEED not in signature.inputs:
            values = [random.getrandbits(63) for _ in sources]
        else:
            values = [signature.inputs.get(name, UNASKED[name])] * len(sources)
        fill(message.inputs[name], TENSORS[name].dtype, values)
    if directed:
        languages = [settings.to or ""] * len(sources)
        fill(message.inputs[TARGET_LANGUAGE], TENSORS[TARGET_LANGUAGE].dtype, languages)
        message.output_filter.append(REFUSAL)
    return message


def answers(signature: SignatureReader[Answer], response: wire.PredictResponse, count: int) -> list[Answer]:
    """What the response says, one answer a row.

    Raises:
        RequestError: the model is none of ours: outputs are missing, or not one row out for one row in; or it
            does not translate into the language that is wanted.
    """
    refusals = texts(response.outputs[REFUSAL]) if REFUSAL in response.outputs else []
    if refused := [refusal for refusal in refusals if refusal]:
        raise RequestError(refused[0])
    missing = sorted(set(signature.outputs) - set(response.outputs))
    if missing:
        raise RequestError(
            f"signature {signature.name} answered without {', '.join(missing)}: is it a translation model?"
        )
    read = signature.read(response)
    if len(read) != count:
        raise RequestError(f"{count} rows were sent and {len(read)} came back: the model breaks its contract")
    return read


def check_sources(sources: Iterable[str]) -> Iterator[str]:
    """The same sources.

    Raises:
        TypeError: they are one string, or one of them is none.
    """
    if isinstance(sources, (str, bytes)):
        raise TypeError("give a list of sentences, not one string, which would be cut into its characters")
    for source in sources:
        if not isinstance(source, str):
            cure = ": decode it, as with source.decode()" if isinstance(source, bytes) else ""
            raise TypeError(f"a source is a str, not {type(source).__name__}{cure}")
        yield source


def batches(sources: Iterable[str], batch_size: int) -> Iterator[list[str]]:
    """Requests' worth of rows in order: `batch_size` at most, and about a megabyte, whichever comes first."""
    batch: list[str] = []
    size = 0
    for source in sources:
        if batch and (len(batch) == batch_size or size + len(source) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(source)
        size += len(source)
    if batch:
        yield batch
