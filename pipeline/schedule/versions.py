"""Which versions may go: never one that is labelled, loaded or gone back to by a rollback."""

from __future__ import annotations

from pathlib import Path

from serving import model_config
from serving.errors import RolloutRefusedError, ServingError
from serving.rollout import Rollout, disk, history, plan


def superfluous(model_root: Path, model: str, keep: int) -> list[int]:
    """The versions beside the `keep` newest that nothing needs, oldest first.

    Raises:
        RolloutRefusedError: models.config cannot be read, or is gone though versions have been promoted: the
            servers go on with what they had, and nobody can tell which that is.
    """
    on_disk = sorted(disk.versions(model_root, model))
    part = model_config.find_model(model_config.read(model_root), model)
    if part is None and any(change.action == "promote" for change in history.changes(model_root, model)):
        raise RolloutRefusedError(
            f"models.config says nothing of {model}, though versions of it have been promoted: nothing is "
            "retired; give it a stable version again with `dragoman promote`"
        )
    trial = model_config.find_trial(model_config.read(model_root), model)
    kept = {*on_disk[-keep:], *plan.listed(part), *plan.listed(trial)}
    if part is not None:
        kept |= set(part.version_labels.values())
        if model_config.STABLE in part.version_labels:
            stable = part.version_labels[model_config.STABLE]
            kept |= set(history.stable_before(model_root, model, stable)[:1])
    return [version for version in on_disk if version not in kept]


def retire(model_root: Path, model: str, versions: list[int]) -> dict[int, str]:
    """Delete them; returns why a version stays, by version. No server has them loaded, so none is asked."""
    stay = {}
    for version in versions:
        try:
            Rollout(model_root, reason="retention").retire(model, version)
        except ServingError as error:
            stay[version] = str(error)
    return stay
