"""The Evaluator's `module_path`: TFMA reads the translations from the examples instead of making them."""

from __future__ import annotations

from typing import Any

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.extractors.materialized_predictions_extractor import (
    MaterializedPredictionsExtractor,
)
from tensorflow_model_analysis.proto import config_pb2


def custom_extractors(
    eval_shared_model: Any,  # noqa: ARG001 - the signature is TFX's
    eval_config: config_pb2.EvalConfig,
    tensor_adapter_config: Any,  # noqa: ARG001
) -> list[tfma.extractors.Extractor]:
    """TFMA's extractors for stored predictions; `default_extractors` refuses them with a change threshold."""
    return [
        tfma.extractors.FeaturesExtractor(eval_config=eval_config),
        tfma.extractors.LabelsExtractor(eval_config=eval_config),
        tfma.extractors.ExampleWeightsExtractor(eval_config=eval_config),
        MaterializedPredictionsExtractor(eval_config=eval_config),
        tfma.extractors.UnbatchExtractor(),
        tfma.extractors.SliceKeyExtractor(eval_config=eval_config, materialize=False),
    ]
