"""TFX's InfraValidator, told where the Docker engine is."""

from __future__ import annotations

import os

from tfx.components.infra_validator.component import InfraValidator
from tfx.proto import infra_validator_pb2
from tfx.types import BaseChannel

from contracts.signatures import EVALUATE


def infra_validator(model: BaseChannel, examples: BaseChannel) -> InfraValidator:
    """TFX's own check, on TensorFlow Serving's image in a local Docker engine.

    TFX's client goes to the usual socket, whatever DOCKER_HOST says, unless it is told.
    """
    engine = os.environ.get("DOCKER_HOST", "")
    return InfraValidator(
        model=model,
        examples=examples,
        serving_spec=infra_validator_pb2.ServingSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServing(tags=["2.16.1"]),
            local_docker=infra_validator_pb2.LocalDockerConfig(client_base_url=engine),
        ),
        request_spec=infra_validator_pb2.RequestSpec(
            tensorflow_serving=infra_validator_pb2.TensorFlowServingRequestSpec(
                signature_names=[EVALUATE.name]
            ),
            split_name="test",
            num_examples=4,
        ),
    )
