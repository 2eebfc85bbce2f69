"""A schema that somebody keeps beside the run's configuration; read without TensorFlow."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ConfigurationError


def read_curated(path: Path) -> str:
    """The text of `validation.schema_file`.

    Raises:
        ConfigurationError: it cannot be read, or is no Schema.
    """
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2

    try:
        text = path.read_text(encoding="utf-8")
        text_format.Parse(text, schema_pb2.Schema())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"validation.schema_file: cannot read {path}: {error}") from None
    except text_format.ParseError as error:
        raise ConfigurationError(
            f"validation.schema_file: {path} is no Schema in text format ({error}): start from the "
            "schema.pbtxt that SchemaGen puts out"
        ) from None
    return text
