"""A share of requests tries the canary: who is chosen, what is sent, how long it may take.

Whatever goes wrong with the canary, the request then goes to the label that it was meant for, with the whole
retry policy: a canary costs time, never an answer.
"""

from __future__ import annotations

import random

from serving.client.settings import ClientSettings
from serving.wire.prediction_pb2 import PredictRequest

LABEL = "canary"
_PATIENCE = 0.5  # of the deadline; the rest is for the answer from the other label


def is_chosen(settings: ClientSettings) -> bool:
    """Whether the next request is one of the canary's share."""
    return random.random() < settings.canary_share


def addressed(message: PredictRequest, settings: ClientSettings) -> PredictRequest:
    """The same request to the canary."""
    request = PredictRequest()
    request.CopyFrom(message)
    request.model_spec.name = settings.canary_model or settings.model
    request.model_spec.version_label = LABEL
    return request


def patience(settings: ClientSettings) -> float:
    """Seconds that the canary has for its answer."""
    return settings.deadline * _PATIENCE
