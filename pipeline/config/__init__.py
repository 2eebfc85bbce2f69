"""A run's YAML: typed, loaded and checked without TensorFlow."""

from pipeline.config.cleaning import CleaningConfig
from pipeline.config.directions import DirectionsConfig, targets_of
from pipeline.config.run import (
    ELSEWHERE,
    EvaluationConfig,
    IngestConfig,
    Languages,
    PartGate,
    PushConfig,
    RunConfig,
    ServingCheckConfig,
    ValidationConfig,
)
from pipeline.config.schedule import LeaseConfig, MetadataConfig, NotifyConfig, RetentionConfig, SpanConfig

__all__ = [
    "ELSEWHERE",
    "CleaningConfig",
    "DirectionsConfig",
    "EvaluationConfig",
    "IngestConfig",
    "Languages",
    "LeaseConfig",
    "MetadataConfig",
    "NotifyConfig",
    "PartGate",
    "PushConfig",
    "RetentionConfig",
    "RunConfig",
    "ServingCheckConfig",
    "SpanConfig",
    "ValidationConfig",
    "targets_of",
]
