"""The calls that are answered: how logs and metrics name each, and what a key has to be for."""

from __future__ import annotations

from dataclasses import dataclass

from serving.wire import translation_pb2

TRANSLATION = translation_pb2.DESCRIPTOR.services_by_name["TranslationService"].full_name
PREDICTION, MODEL = "tensorflow.serving.PredictionService", "tensorflow.serving.ModelService"
_INTERFACES = {TRANSLATION: "grpc", PREDICTION: "tensorflow-serving", MODEL: "tensorflow-serving"}
_OPEN = ("Languages",)
"""Those that say what there is, to anybody."""
_SCOPE = "translate"


@dataclass(frozen=True)
class RemoteCall:
    """One of them."""

    interface: str
    name: str
    scope: str | None
    """None: it needs no key."""


def call_of(path: str) -> RemoteCall:
    """The call with this path, `/SERVICE/METHOD`; all others (health, reflection) are open."""
    service, _, name = path[1:].partition("/")
    is_ours = service in _INTERFACES and name not in _OPEN
    return RemoteCall(_INTERFACES.get(service, "grpc"), name, _SCOPE if is_ours else None)
