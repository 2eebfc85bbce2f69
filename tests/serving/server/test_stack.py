"""Both code paths of each difference between the stacks' protobuf are taken, on either stack."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from google.protobuf import descriptor_pool, json_format, message_factory
from tensorflow_serving.apis import model_pb2

from serving.server import stack


def test_a_class_comes_from_the_function_that_protobuf_has(monkeypatch: pytest.MonkeyPatch) -> None:
    descriptor, pool = model_pb2.ModelSpec.DESCRIPTOR, descriptor_pool.Default()
    assert stack.message_class(pool, descriptor)(name="m").name == "m"

    class OldFactory:
        def __init__(self, pool: Any) -> None:
            self.pool = pool

        def GetPrototype(self, asked: Any) -> Any:  # noqa: N802 - protobuf's name
            return ("old", self.pool, asked)

    monkeypatch.setattr(message_factory, "GetMessageClass", lambda asked: ("new", asked), raising=False)
    assert stack.message_class(pool, descriptor) == ("new", descriptor)
    monkeypatch.delattr(message_factory, "GetMessageClass")
    monkeypatch.setattr(message_factory, "MessageFactory", OldFactory, raising=False)
    assert stack.message_class(pool, descriptor) == ("old", pool, descriptor)


def test_json_has_the_protos_names_and_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    status = model_pb2.ModelSpec(name="m")
    assert stack.as_dict(status) == {"name": "m", "signature_name": ""}

    def old(_message: Any, including_default_value_fields: bool = False, **others: Any) -> Any:
        return {"old": including_default_value_fields, **others}

    def new(_message: Any, always_print_fields_with_no_presence: bool = False, **others: Any) -> Any:
        return {"new": always_print_fields_with_no_presence, **others}

    for name, known in (("old", old), ("new", new)):
        monkeypatch.setattr(json_format, "MessageToDict", known)
        assert stack.as_dict(status) == {name: True, "preserving_proto_field_name": True}


def test_a_service_is_found_though_its_module_ends_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("prediction_service_pb2", "PredictionService")
    assert stack.service_name(*asked) == "tensorflow.serving.PredictionService"

    def refused(name: str) -> Any:
        raise AttributeError(f"{name}: attribute 'has_options' is not writable")

    monkeypatch.setattr(importlib, "import_module", refused)
    assert stack.service_name(*asked) == "tensorflow.serving.PredictionService"
