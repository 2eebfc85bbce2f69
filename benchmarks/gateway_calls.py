"""Those who ask: a gateway over HTTP and gRPC, and a model server directly; each on a connection of its own,
kept open. And what they ask."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import grpc

from grammar import generate
from serving.client.requests import TRANSLATE, answers, request
from serving.client.settings import ClientSettings
from serving.client.status import PREDICT
from serving.wire.translation_pb2 import Options, TranslateRequest
from serving.wire.translation_pb2_grpc import TranslationServiceStub

SECONDS = 60.0
"""Until a request counts as not answered: twice a gateway's own deadline."""
_IDLE = 30.0
"""Seconds, after which a connection is not used again: the gateway may just be closing it."""
TARGET = "de"


def sentences(seed: int) -> Iterator[str]:
    """English ones without end, hardly any twice: those of the grammar, a word of each from another one. That
    they mean something is not needed: they have the length and the words of those that do."""
    return _mixed(_grammatical(), random.Random(seed))  # Not made while the first of them is waited for.


@cache
def _grammatical() -> list[list[str]]:
    """In words."""
    return [words for pair in generate(1000, seed=1).train if len(words := pair.source.split()) > 1]


def _mixed(known: list[list[str]], chance: random.Random) -> Iterator[str]:
    while True:
        words, other = list(chance.choice(known)), chance.choice(known)
        words[chance.randrange(len(words) - 1)] = chance.choice(other).strip(".,!?")
        yield " ".join(words)


class Shared:
    """What several threads take from."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source, self._lock = source, threading.Lock()

    def __next__(self) -> str:
        """The next one, for whoever asks first."""
        with self._lock:
            return next(self._source)


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP."""

    status: int
    body: dict[str, Any]
    retry_after: str | None


class HttpCaller:
    """Over HTTP."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)
        self._used = time.monotonic()

    def post(self, path: str, **values: Any) -> Reply:
        """Ask.

        Raises:
            OSError: there is no answer.
            http.client.HTTPException: half an answer.
        """
        if time.monotonic() - self._used > _IDLE:
            self._connection.close()
        self._used = time.monotonic()
        try:
            head = {"Content-Type": "application/json"}
            self._connection.request("POST", path, json.dumps(values), head)
            response = self._connection.getresponse()
            body = json.loads(response.read() or b"{}")
            return Reply(response.status, body, response.headers.get("Retry-After"))
        except (OSError, http.client.HTTPException, ValueError):
            self._connection.close()
            raise

    def translate(self, sentence: str) -> str:
        """One sentence, whose language is detected, split and protected.

        Raises:
            RuntimeError: it was not translated.
        """
        reply = self.post("/v1/translate", texts=[sentence], target=TARGET)
        if reply.status != 200:
            raise RuntimeError(f"{reply.status}: {reply.body}")
        return str(reply.body["answers"][0]["text"])

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


class GrpcCaller:
    """Over the gateway's gRPC."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])
        self._stub = TranslationServiceStub(self._channel)

    def translate(self, sentence: str) -> str:
        """As over HTTP."""
        message = TranslateRequest(texts=[sentence], options=Options(target=TARGET))
        return str(self._stub.Translate(message, timeout=SECONDS).answers[0].text)

    def close(self) -> None:
        """End the connection."""
        self._channel.close()


class PredictCaller:
    """TensorFlow Serving's Predict, with nothing around it."""

    def __init__(self, address: str, model: str) -> None:
        self._channel = grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])
        self._call = PREDICT.on(self._channel)
        self._settings = ClientSettings(model)

    def translate(self, sentence: str) -> str:
        """One row."""
        response = self._call(request(self._settings, TRANSLATE, [sentence]), timeout=SECONDS)
        return answers(TRANSLATE, response, 1)[0].text

    def close(self) -> None:
        """End the connection."""
        self._channel.close()


Caller = HttpCaller | GrpcCaller | PredictCaller
