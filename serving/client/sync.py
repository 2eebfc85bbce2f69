"""The client for plain Python: threads keep several requests under way."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

import grpc
import tenacity

from serving.client.base import BaseClient
from serving.client.connection import Connection, Method
from serving.client.inputs import sampling
from serving.client.passages import Joined, Passages
from serving.client.requests import (
    ALIGN,
    EXPLAIN,
    N_BEST,
    Alignment,
    Alternatives,
    Answer,
    Explanation,
    SignatureReader,
    Translation,
    answers,
    batches,
    request,
)
from serving.client.status import (
    METADATA,
    PREDICT,
    STATUS,
    VersionState,
    metadata_request,
    signatures,
    states,
)
from serving.client.tls import channels
from serving.errors import RequestError
from serving.wire import prediction_pb2 as wire


class Client(BaseClient):
    """Asks one model at one address; threads may share it.

    Every method raises UnreachableError when no server answers in time, RequestError when it refuses.
    """

    def _connect(self) -> Connection:
        return Connection(self.address, channels(grpc, self._tls), lambda channel: channel.close())

    def _call(self, method: Method, message: Any, started: float | None = None) -> Any:
        """The answer, tried for until the deadline, which counts from `started` (monotonic) or now."""
        started = time.monotonic() if started is None else started
        end = started + self.settings.deadline
        for attempt in tenacity.Retrying(**self._policy(started)):
            with attempt:
                return self._attempts.first_answer(method, message, end)
        raise AssertionError("retrying returns or raises")

    def _answer(
        self, signature: SignatureReader[Answer], sources: Sequence[str], *, directed: bool
    ) -> list[Answer]:
        """The canary's answer to its share of requests, if it has one; else that of the settings' label."""
        started = time.monotonic()
        message = request(self.settings, signature, sources, directed=directed)
        if chosen := self._for_canary(message):
            with contextlib.suppress(grpc.RpcError, RequestError):
                tried = self._attempts.first_answer(PREDICT, *chosen)
                return answers(signature, tried, len(sources))
        return answers(signature, self._call(PREDICT, message, started), len(sources))

    def _ask(self, signature: SignatureReader[Answer], sources: Sequence[str]) -> list[Answer]:
        directed = self._directed
        try:
            return self._answer(signature, sources, directed=directed)
        except grpc.RpcError as error:
            if self._was_other(error, directed):
                return self._ask(signature, sources)
            first, second = self._halves(error, sources)
            return self._ask(signature, first) + self._ask(signature, second)

    def _stream(self, signature: SignatureReader[Answer], sources: Iterable[str]) -> Iterator[Answer]:
        waiting: deque[Future[list[Answer]]] = deque()
        pool = ThreadPoolExecutor(self.settings.in_flight, "dragoman-client")
        try:
            for batch in batches(sources, self.settings.batch_size):
                if len(waiting) == self.settings.in_flight:
                    yield from waiting.popleft().result()
                waiting.append(pool.submit(self._ask, signature, batch))
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _passed(
        self, signature: SignatureReader[Answer], sources: Iterable[str], join: Joined[Answer] | None
    ) -> Iterator[Answer]:
        passages = Passages(self.settings, sources, join)
        for answer in self._stream(signature, passages.rows()):
            yield from passages.finished(answer)

    def translate(
        self, sources: Iterable[str], *, must_contain: Sequence[str] = (), prefix: str = ""
    ) -> list[Translation]:
        """One translation a source, in order; an empty source gives an empty one.

        A source of several sentences is translated sentence by sentence, its white space kept (`split`).
        With `must_contain`, phrases, or `prefix`, each translation contains and begins with these, as far as
        there is room (`Translation.unmet`); then a source is one sentence, and the model needs the signature
        `constrained`.
        """
        return list(self.translate_stream(sources, must_contain=must_contain, prefix=prefix))

    def translate_stream(
        self, sources: Iterable[str], *, must_contain: Sequence[str] = (), prefix: str = ""
    ) -> Iterator[Translation]:
        """As `translate`, for any number of sources: at most `in_flight` requests' worth is held."""
        signature, join = self._translating(must_contain, prefix)
        return self._passed(signature, sources, join)

    def n_best(self, sources: Iterable[str]) -> list[Alternatives]:
        """The model's K hypotheses of each source, best first; of several sentences the K best choices."""
        return list(self.n_best_stream(sources))

    def n_best_stream(self, sources: Iterable[str]) -> Iterator[Alternatives]:
        """As `n_best`, for any number of sources."""
        return self._passed(N_BEST, sources, self._join_alternatives)

    def explain(self, sources: Iterable[str]) -> list[Explanation]:
        """Pieces and attention of each source's translation; a source is never split here."""
        return list(self._passed(EXPLAIN, sources, None))

    def sample(
        self,
        sources: Iterable[str],
        *,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int | None = None,
    ) -> list[Alternatives]:
        """Translations of each source that are drawn by chance, with the signature `sample`.

        Args:
            temperature: above 1 flatter, towards 0 the likeliest.
            top_k: of the k likeliest pieces only; 0: of all.
            top_p: of the fewest likeliest pieces with this probability only.
            seed: fixes what is drawn for a source, whatever other sources there are; else it is another each
                time.
        """
        return list(self.sample_stream(sources, temperature=temperature, top_k=top_k, top_p=top_p, seed=seed))

    def sample_stream(
        self,
        sources: Iterable[str],
        *,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int | None = None,
    ) -> Iterator[Alternatives]:
        """As `sample`, for any number of sources."""
        signature = sampling(temperature, top_k, top_p, seed)
        return self._passed(signature, sources, self._join_samples)

    def align(self, sources: Iterable[str]) -> list[Alignment]:
        """Which piece of each source each piece of its translation comes from, with the signature `align`; a
        source is never split here.
        """
        return list(self.align_stream(sources))

    def align_stream(self, sources: Iterable[str]) -> Iterator[Alignment]:
        """As `align`, for any number of sources."""
        return self._passed(ALIGN, sources, None)

    def served_version(self) -> int:
        """The version that answers."""
        return int(self._model_metadata().model_spec.version.value)

    def signatures(self) -> tuple[str, ...]:
        """Names of the model's signatures, sorted."""
        return signatures(self._model_metadata())

    def status(self) -> list[VersionState]:
        """Every version that the server knows of, newest first."""
        return states(self._explained(STATUS, self._status_request()), self.address)

    def _model_metadata(self) -> wire.GetModelMetadataResponse:
        return self._explained(METADATA, metadata_request(self.settings.spec()))

    def _explained(self, method: Method, message: Any) -> Any:
        with self._explaining():
            return self._call(method, message)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
