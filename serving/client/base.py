"""What both clients do without waiting: settings, and what an error or a canary's share means."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import grpc

from serving.client import canary
from serving.client.attempts import Attempts, Metadata
from serving.client.connection import Connection
from serving.client.failures import backoff, explained, may_be_split, takes_language
from serving.client.inputs import constraints
from serving.client.passages import Joined, join_alternatives, join_samples, join_translations
from serving.client.requests import TRANSLATE, Alternatives, SignatureReader, Translation
from serving.client.settings import DEFAULT_ADDRESS, ClientSettings
from serving.client.tls import Tls
from serving.wire import prediction_pb2 as wire


class BaseClient:
    """One model at one address."""

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        model: str,
        label: str | None = "stable",
        version: int | None = None,
        deadline: float = 30.0,
        batch_size: int = 32,
        in_flight: int = 4,
        wait: float = 1.0,
        canary_share: float = 0.0,
        canary_model: str | None = None,
        split: bool = True,
        source_language: str = "",
        target_language: str = "",
        to: str | None = None,
        tls: Tls | None = None,
        metadata: Metadata = tuple,
    ) -> None:
        self.address = address
        self._tls = tls
        # fmt: off
        self.settings = ClientSettings(
            model, label, version, deadline, batch_size, in_flight, wait, canary_share, canary_model,
            split, source_language, target_language or to or "", to,
        )
        # fmt: on
        self._directed = to is not None
        """Whether the model has several directions, as far as is known."""
        self._connection = self._connect()
        self._attempts = Attempts(self._connection, deadline, metadata=metadata)

    def _connect(self) -> Connection:
        raise NotImplementedError

    def _policy(self, started: float) -> dict[str, Any]:
        """When a call that began at `started` (monotonic) is tried again."""
        return backoff(self.settings, started, lambda: self._connection.answered)

    def _for_canary(self, message: Any) -> tuple[Any, float] | None:
        """The request as the canary is sent it, and until when it may answer (monotonic); None for one that
        is none of its share."""
        if not canary.is_chosen(self.settings):
            return None
        return canary.addressed(message, self.settings), time.monotonic() + canary.patience(self.settings)

    def _was_other(self, error: grpc.RpcError, directed: bool) -> bool:
        """Whether the model turned out to have several directions, or one, other than a request supposed
        (`directed`), so that it is sent again. Who asks for a language is told.
        """
        several = takes_language(error)
        if self.settings.to is not None or several is None or several == directed:
            return False
        self._directed = several
        return True

    def _halves(self, error: grpc.RpcError, sources: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        """What is asked instead of a request that was too much; any other error is raised in words."""
        if not may_be_split(error, len(sources)):
            self._explain(error)
        half = len(sources) // 2
        return sources[:half], sources[half:]

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except grpc.RpcError as error:
            self._explain(error)

    def _explain(self, error: grpc.RpcError) -> NoReturn:
        raise explained(error, self.address, self.settings) from error

    def _translating(
        self, must_contain: Sequence[str], prefix: str
    ) -> tuple[SignatureReader[Translation], Joined[Translation] | None]:
        """What is asked for translations, and how those of a source's sentences are joined; what a
        translation has to contain says not which of its sentences is meant: then a source is one.
        """
        if must_contain or prefix:
            return constraints(must_contain, prefix), None
        return TRANSLATE, self._join_translations

    @property
    def _join_translations(self) -> Joined[Translation] | None:
        return join_translations if self.settings.split else None

    @property
    def _join_alternatives(self) -> Joined[Alternatives] | None:
        return join_alternatives if self.settings.split else None

    @property
    def _join_samples(self) -> Joined[Alternatives] | None:
        return join_samples if self.settings.split else None

    def _status_request(self) -> wire.GetModelStatusRequest:
        return wire.GetModelStatusRequest(model_spec={"name": self.settings.model})
