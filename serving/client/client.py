"""The blocking client."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, TypeVar

import grpc
import tenacity

from serving.client.calls import CHANNEL_OPTIONS, CallOptions, Deadline, batches, raise_ours, retry_policy
from serving.client.codec import (
    Explanation,
    Target,
    Translation,
    predict_request,
    read_explanations,
    read_n_best,
    read_translations,
)
from serving.wire import Stub, messages

Row = TypeVar("Row")


class Client:
    """Translates through any model server with the signatures of docs/contracts.md; safe to share between threads.

    >>> with Client("127.0.0.1:8500", "embedded", label="stable") as client:
    ...     client.translate(["The old man sees a small dog."])[0].text
    """

    def __init__(
        self,
        address: str,
        model: str,
        *,
        label: str | None = None,
        version: int | None = None,
        options: CallOptions | None = None,
    ) -> None:
        """`address` is host:port, or `dns:///host:port` to spread requests over all replicas behind a name."""
        self._address, self._options = address, options or CallOptions()
        self._target = Target(model, label, version)
        self._channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._stub = Stub(self._channel)
        self._pool = ThreadPoolExecutor(self._options.in_flight, thread_name_prefix="translate")

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up requests that have not begun, and close the channel."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._channel.close()

    def translate(self, sources: Sequence[str]) -> list[Translation]:
        """One translation for each source, in order.

        Raises:
            UnreachableError: no answer within the deadline, retries included.
            RequestError: the server refused.
        """
        return list(self.translate_stream(sources))

    def translate_stream(self, sources: Iterable[str]) -> Iterator[Translation]:
        """As `translate`, for inputs of any length: a few requests are on the way at any time."""
        return self._stream(sources, "serving_default", read_translations)

    def n_best(self, sources: Iterable[str]) -> Iterator[list[Translation]]:
        """All hypotheses of the beam for each source, the best first."""
        return self._stream(sources, "n_best", read_n_best)

    def explain(self, sources: Iterable[str]) -> Iterator[Explanation]:
        """The pieces of each source and translation, and the attention between them."""
        return self._stream(sources, "explain", read_explanations)

    def status(self) -> dict[int, str]:
        """The state of each version that the server knows: START, LOADING, AVAILABLE, UNLOADING or END."""
        request = messages.GetModelStatusRequest(model_spec=messages.ModelSpec(name=self._target.model))
        response = self._call(self._stub.status, request)
        state = messages.ModelVersionStatus.State
        return {one.version: state.Name(one.state) for one in response.model_version_status}

    def served_version(self) -> int:
        """The version that answers for this client's label or version."""
        request = messages.GetModelMetadataRequest(
            model_spec=self._target.spec(), metadata_field=["signature_def"]
        )
        return self._call(self._stub.metadata, request).model_spec.version.value

    def _stream(
        self, sources: Iterable[str], signature: str, read: Callable[[messages.PredictResponse], list[Row]]
    ) -> Iterator[Row]:
        """Requests in flight in a window, answers in order."""
        waiting: deque[Future[list[Row]]] = deque()
        try:
            for batch in batches(sources, self._options.batch_size):
                if len(waiting) >= self._options.in_flight:
                    yield from waiting.popleft().result()
                waiting.append(self._pool.submit(self._predict, batch, signature, read))
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def _predict(
        self, sources: list[str], signature: str, read: Callable[[messages.PredictResponse], list[Row]]
    ) -> list[Row]:
        return read(self._call(self._stub.predict, predict_request(sources, self._target, signature)))

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        deadline = Deadline(self._options.deadline)
        retrying = tenacity.Retrying(**retry_policy(self._options.deadline))  # type: ignore[arg-type]
        try:
            return retrying(lambda: method(request, timeout=deadline.left()))
        except grpc.RpcError as error:
            raise_ours(error, self._address, self._target)
