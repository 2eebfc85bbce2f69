"""Versions of what makes and runs a model."""

from __future__ import annotations

from importlib import metadata

_PACKAGES = (
    "tensorflow",
    "tensorflow-text",
    "keras",
    "keras-nlp",
    "tfx",
    "tensorflow-model-analysis",
    "apache-beam",
    "sentencepiece",
    "sacrebleu",
    "numpy",
)


def own_version() -> str:
    """Dragoman's."""
    # A checkout that was never installed has none.
    return _version("dragoman") or "not installed"


def package_versions() -> dict[str, str]:
    """Name and version of each package that is installed."""
    versions = {name: _version(name) for name in _PACKAGES}
    return {name: version for name, version in versions.items() if version is not None}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
