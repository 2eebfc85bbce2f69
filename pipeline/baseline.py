"""The model that the candidate is compared with: the version that `stable` serves now.

Not the one that was blessed last: after a rollback the bad model is no one's baseline. The version's folder
is imported as a Model artifact; the Importer gives the same folder the same artifact in every run, so that
the Evaluator is cached as long as the same version serves, and runs again when a promotion or a rollback has
changed that.
"""

from __future__ import annotations

from pathlib import Path

from tfx.dsl.components.common.importer import Importer
from tfx.types import standard_artifacts

from pipeline.components.tokenizer import VocabularyArtifact
from pipeline.config import RunConfig
from pipeline.errors import ConfigurationError
from pipeline.push.card import EXTRA

TRANSLATOR = "translator"
"""In `assets.extra` of a version of an incremental run: what `trainer.store` wrote."""


def model_name(config: RunConfig) -> str:
    """The name under which versions are pushed."""
    return config.push.model_name or config.name


def baseline(config: RunConfig) -> Path | None:
    """The folder of the version that `stable` serves now, None when nothing serves.

    Raises:
        ConfigurationError: models.config says that a version serves that is not on disk.
        ServingError: models.config cannot be read.
    """
    from serving.rollout import served_version
    from serving.versions import versions

    name = model_name(config)
    root = config.push.model_root.absolute()
    version = served_version(root, name)
    if version is None:
        return None
    folder = versions(root / name).get(version)
    if folder is None:
        raise ConfigurationError(
            f"{root / 'models.config'} says that version {version} of {name} is stable, but {root / name} "
            "holds no model of that number: promote a version that is there"
        )
    return folder


def continued(config: RunConfig, served: Path | None) -> Path | None:
    """The translator from whose weights the training starts, in the served version; None: it starts anew."""
    if served is None or config.spans is None or config.spans.weights == "anew":
        return None
    stored = served / EXTRA / TRANSLATOR
    return stored if (stored / "translator.json").is_file() else None


def weights_note(config: RunConfig) -> str:
    """What a user is told of the weights that the training of an incremental run starts from."""
    if config.spans is None or config.spans.weights == "anew":
        return ""
    served = baseline(config)
    if served is None:
        return "training starts anew: no version serves yet"
    if continued(config, served) is None:
        return f"training starts anew: {served} was pushed without its translator, by a run without `spans`"
    return f"training starts from the weights of {served}"


def vocabulary_importer(translator: Path) -> Importer:
    """A stored translator's vocabulary, under the key `result`."""
    return Importer(source_uri=str(translator / "vocabulary"), artifact_type=VocabularyArtifact).with_id(
        "Vocabulary"
    )


def importer(folder: Path) -> Importer:
    """The folder as a Model artifact, under the key `result`."""
    return Importer(source_uri=str(folder), artifact_type=standard_artifacts.Model).with_id("Baseline")
