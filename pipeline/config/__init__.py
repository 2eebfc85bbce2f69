"""A run's YAML: typed, loaded and checked without TensorFlow."""

from pipeline.config.cleaning import CleaningConfig
from pipeline.config.run import (
    ELSEWHERE,
    Corpus,
    EmbeddedCorpus,
    EvaluationConfig,
    FileCorpus,
    HashSplit,
    IngestConfig,
    Languages,
    PairFiles,
    PairsCorpus,
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
    "Corpus",
    "EmbeddedCorpus",
    "EvaluationConfig",
    "FileCorpus",
    "HashSplit",
    "IngestConfig",
    "Languages",
    "LeaseConfig",
    "MetadataConfig",
    "NotifyConfig",
    "PairFiles",
    "PairsCorpus",
    "PartGate",
    "PushConfig",
    "RetentionConfig",
    "RunConfig",
    "ServingCheckConfig",
    "SpanConfig",
    "ValidationConfig",
]
