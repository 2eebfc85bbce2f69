"""Clients of models of several directions and of one, on a model server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import grpc
import pytest
import tensorflow as tf

from serving.client import AsyncClient, Client
from serving.client.failures import takes_language
from serving.errors import RequestError
from serving.launch import LaunchOptions, launch
from serving.rollout import Rollout
from tests.serving.toy_translator import ToyTranslator, push

REFUSED = "no translation into fr: this model translates into de, en"
_STRINGS = tf.TensorSpec([None], tf.string)


class Directed(ToyTranslator):
    """Answers with the wanted language, `de` where none is, before the version and the source."""

    @tf.function(input_signature=[_STRINGS, _STRINGS])
    def several(self, source: tf.Tensor, target_language: tf.Tensor) -> dict[str, tf.Tensor]:
        wanted = tf.where(target_language == "", "de", target_language)
        known = (wanted == "de") | (wanted == "en")
        answer = self.translate(source)
        texts = tf.strings.join([wanted, answer["translation"]], " ")
        refusals = tf.strings.join(["no translation into ", wanted, ": this model translates into de, en"])
        return {
            **answer,
            "translation": tf.where(known, texts, ""),
            "refusal": tf.where(known, "", refusals),
        }


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a server that batches, with `one` of one direction and `several`."""
    root = tmp_path_factory.mktemp("models")
    push(root / "one", 1)
    toy = Directed(1)
    tf.saved_model.save(toy, str(root / "several" / "1"), signatures={"serving_default": toy.several})
    for name in ("one", "several"):
        Rollout(root).promote(name)
    with launch(root, backend="embedded", options=LaunchOptions(batching=True)) as server:
        yield server.address


def test_a_language_is_asked_for_and_the_first_is_had_without(address: str) -> None:
    with Client(address, model="several", to="en") as client:
        assert [answer.text for answer in client.translate(["a", "b"])] == ["en v1:a", "en v1:b"]
    with Client(address, model="several", batch_size=2) as client:
        assert [answer.text for answer in client.translate(list("abcdefg"))] == [
            f"de v1:{source}" for source in "abcdefg"
        ]
        assert client._directed  # Found out once.


def test_a_language_that_there_is_not_is_refused_with_those_that_there_are(address: str) -> None:
    with Client(address, model="several", to="fr") as client, pytest.raises(RequestError, match=REFUSED):
        client.translate(["a"])


def test_a_model_of_one_direction_takes_no_language(address: str) -> None:
    with Client(address, model="one", to="de") as client, pytest.raises(RequestError, match="leave `to`"):
        client.translate(["a"])
    with Client(address, model="one") as client:
        client._directed = True  # As after a version of several directions.
        assert [answer.text for answer in client.translate(["a"])] == ["v1:a"]


def test_the_client_with_coroutines_does_the_same(address: str) -> None:
    async def asked(model: str, to: str | None) -> list[str]:
        async with AsyncClient(address, model=model, to=to) as client:
            return [answer.text for answer in await client.translate(["a", "b"])]

    assert asyncio.run(asked("several", "en")) == ["en v1:a", "en v1:b"]
    assert asyncio.run(asked("several", None)) == ["de v1:a", "de v1:b"]
    with pytest.raises(RequestError, match=REFUSED):
        asyncio.run(asked("several", "fr"))
    with pytest.raises(RequestError, match="leave `to`"):
        asyncio.run(asked("one", "de"))


class Refused(grpc.RpcError):
    """An error with a code and a text."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__()
        self._code, self._details = code, details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._details


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (
            "input size does not match signature: 1!=2 len({source}) != len({source,target_language}). Sent "
            "extra: {}. Missing but required: {target_language}.",
            True,
        ),
        (
            "input size does not match signature: 2!=1 len({source,target_language}) != len({source}). Sent "
            "extra: {target_language}. Missing but required: {}.",
            False,
        ),
        (
            "Signature input alias: target_language(feed name: x:0) not found in request and no default "
            "value provided. Inputs expected to be in the request {source}",
            True,
        ),
        ("Missing but required: {source}.", None),
        ("anything about target_language", None),
    ],
)
def test_what_a_server_says_of_the_input(details: str, expected: bool | None) -> None:
    assert takes_language(Refused(grpc.StatusCode.INVALID_ARGUMENT, details)) is expected
    assert takes_language(Refused(grpc.StatusCode.UNAVAILABLE, details)) is None
