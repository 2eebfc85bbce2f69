"""models.config written anew where it is damaged or lost: the last good one, from the history."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from contracts.files import beside
from serving import model_config
from serving.errors import RolloutRefusedError
from serving.model_config import CANARY, FILE_NAME, STABLE
from serving.rollout import disk, history, plan, replicas
from serving.rollout.lock import exclusive
from serving.rollout.outcome import reasons
from serving.rollout.site import Site
from serving.storage import refusing
from serving.versions import models
from serving.wire.model_server_config_pb2 import ModelServerConfig

ASIDE = f"{FILE_NAME}.damaged"


@dataclass(frozen=True)
class Repair:
    """What was, or with `dry_run` would be, written."""

    config: str
    when: datetime | None
    """Of the change after which it was so; None: put together from the labels' changes alone."""
    stable: dict[str, int] = field(default_factory=dict)
    """By model."""
    behind: dict[str, str] = field(default_factory=dict)
    """Replicas that do not answer by it, and why."""


def repair(site: Site) -> Repair | None:
    """Write the last good models.config, the damaged one to `models.config.damaged`; None where it is good.

    Raises:
        RolloutRefusedError: nothing is known of it either, or it cannot be written.
        RolloutConflictError: a rollout is at work.
    """
    if site.dry_run:
        return _repair(site)
    with exclusive(site.model_root, "repair"):
        return _repair(site)


def _repair(site: Site) -> Repair | None:
    if _is_good(site.model_root):
        return None
    config, when = _last_good(site.model_root)
    parts = config.model_config_list.config
    stable = {part.name: int(part.version_labels[STABLE]) for part in parts if STABLE in part.version_labels}
    text = model_config.as_text(config)
    if site.dry_run:
        return Repair(text, when, stable)
    _put_aside(site.model_root)
    model_config.write(site.model_root, config)
    for model, version in stable.items():
        site.record("repair", model, (None, version), config)
    return Repair(text, when, stable, _behind(site, stable))


def _is_good(model_root: Path) -> bool:
    try:
        config = model_config.read(model_root)
        if config is not None:
            model_config.check(config)
    except RolloutRefusedError:
        return False
    return config is not None and bool(config.model_config_list.config)


def _last_good(model_root: Path) -> tuple[ModelServerConfig, datetime | None]:
    """What the latest change has left; of an older Dragoman, who wrote less down, the labels.

    Raises:
        RolloutRefusedError: there is no history of a model that is on disk.
    """
    for change in reversed(history.changes(model_root, None)):
        if change.config:
            with suppress(RolloutRefusedError):
                config = model_config.parse(change.config, history.FILE_NAME)
                model_config.check(config)
                return config, change.when
    config = _from_labels(model_root)
    if config is None:
        raise RolloutRefusedError(
            f"{model_root / history.FILE_NAME} tells of no version that was stable and is on disk: write "
            f"{FILE_NAME} with `dragoman promote`, after moving the damaged one away"
        )
    return config, None


def _from_labels(model_root: Path) -> ModelServerConfig | None:
    config = None
    for model in models(model_root):
        on_disk, latest, moved = disk.versions(model_root, model), dict[str, int | None](), STABLE
        for change in history.changes(model_root, model):
            if change.action != "put back":  # which is of the label that moved before
                moved = CANARY if change.action in ("canary", "withdraw") else STABLE
            if change.action not in ("retire", "repair"):
                latest[moved] = change.to
        labels = {
            label: version for label, version in latest.items() if version is not None and version in on_disk
        }
        if STABLE in labels:
            before = history.stable_before(model_root, model, labels[STABLE])[:1]
            loading = plan.load(config, model_root / model, model, labels.values())
            config = plan.label(loading, model, labels, [version for version in before if version in on_disk])
    return config


def _put_aside(model_root: Path) -> None:
    """Under another name as well: there is no moment without the file."""
    path, aside = model_root / FILE_NAME, model_root / ASIDE
    with refusing(f"write {aside}"), suppress(FileNotFoundError), beside(aside) as temporary:
        os.link(path, temporary)
        os.replace(temporary, aside)  # An earlier one stays where there is nothing to put aside.


def _behind(site: Site, stable: dict[str, int]) -> dict[str, str]:
    """Servers that have read a configuration which they refuse stay with what they had until they are started
    again, and may not follow."""
    end, late = time.monotonic() + site.timeout, dict[str, str]()
    for model, version in stable.items():
        waited = replicas.until_labelled(site.replicas, model, STABLE, version, end, patient=False)
        late |= reasons(waited.behind)
    return late
