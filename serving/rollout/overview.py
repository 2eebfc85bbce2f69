"""Everything known of the versions below a model root, for people and scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from serving import model_config
from serving.errors import UnreachableError
from serving.rollout import disk, history, replicas

_CARD = "assets.extra/model_card.json"


def _models(model_root: Path, only: str | None) -> list[str]:
    if only is not None:
        return [only]
    if not model_root.is_dir():
        return []
    return [
        child.name
        for child in sorted(model_root.iterdir())
        if child.is_dir() and disk.versions(model_root, child.name)
    ]


def _card(folder: Path) -> dict[str, Any]:
    try:
        card = json.loads((folder / _CARD).read_bytes())
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def _loaded(addresses: Sequence[str], model: str) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for address in addresses:
        try:
            known = replicas.states(address, model)
        except UnreachableError:
            continue
        for one in known:
            found.setdefault(one.version, {})[address] = one.state
    return found


def overview(model_root: Path, only: str | None, addresses: Sequence[str]) -> list[dict[str, Any]]:
    """A row a version: labels, state on each replica that answers, scores and date of its card."""
    config = model_config.read(model_root)
    listed = []
    for model in _models(model_root, only):
        part = model_config.find(config, model)
        labels = dict(part.version_labels) if part else {}
        loaded = _loaded(addresses, model)
        for version, folder in disk.versions(model_root, model).items():
            card = _card(folder)
            overall = card.get("overall")
            scores = overall if isinstance(overall, dict) else {}
            listed.append(
                {
                    "model": model,
                    "version": version,
                    "labels": sorted(name for name, to in labels.items() if to == version),
                    "loaded": loaded.get(version, {}),
                    "bleu": scores.get("bleu"),
                    "chrf": scores.get("chrf"),
                    "created": card.get("created"),
                }
            )
    return listed


def changes_of(model_root: Path, only: str | None) -> list[dict[str, Any]]:
    """A row a change, oldest first."""
    models = _models(model_root, only)
    found = [one for model in models for one in history.changes(model_root, model)]
    return [one.model_dump(mode="json", by_alias=True) for one in sorted(found, key=lambda one: one.when)]
