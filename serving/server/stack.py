"""Where the two stacks (docs/stacks.md) differ for the model server: protobuf 3.20 here, 6 there."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from typing import Any

from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message


def message_class(pool: descriptor_pool.DescriptorPool, descriptor: Descriptor) -> Any:
    """The class of a message of `pool`."""
    if hasattr(message_factory, "GetMessageClass"):  # From protobuf 4.22 on.
        return message_factory.GetMessageClass(descriptor)
    factory: Any = message_factory.MessageFactory(pool)
    return factory.GetPrototype(descriptor)


def as_dict(message: Message) -> dict[str, Any]:
    """The message as the REST interface writes it: with the proto's own names, and with defaults."""
    # Both leave out the fields that have presence and were not set.
    older, newer = "including_default_value_fields", "always_print_fields_with_no_presence"
    known = inspect.signature(json_format.MessageToDict).parameters
    defaults: dict[str, Any] = {newer if newer in known else older: True}
    return json_format.MessageToDict(message, preserving_proto_field_name=True, **defaults)


def service_name(module: str, service: str) -> str:
    """The full name of a service of `tensorflow_serving.apis`, now in protobuf's pool."""
    # The module of tensorflow-serving-api 2.19 adds its file to the pool, where reflection finds it, and then
    # sets what protobuf 6 holds to be read-only. Messages and stubs have modules of their own.
    with contextlib.suppress(AttributeError):
        importlib.import_module(f"tensorflow_serving.apis.{module}")
    return descriptor_pool.Default().FindServiceByName(f"tensorflow.serving.{service}").full_name
