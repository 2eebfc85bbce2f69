"""Everything known of the versions below a model root, for people and scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from serving import model_config
from serving.client import VersionState
from serving.rollout import disk, history, plan, replicas
from serving.versions import models

_CARD = "assets.extra/model_card.json"
UNREACHABLE = "UNREACHABLE"
_OVER = ("END", "UNKNOWN")


def _names(model_root: Path, only: str | None) -> list[str]:
    """Models on disk or in models.config."""
    if only is not None:
        return [only]
    config = model_config.read(model_root)
    configured = [one.name for one in config.model_config_list.config] if config else []
    return sorted({*models(model_root), *configured})


def _card(folder: Path | None) -> dict[str, Any]:
    try:
        card = json.loads((folder / _CARD).read_bytes()) if folder else {}
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def _told(found: list[VersionState], version: int) -> str | None:
    """What a replica says of the version: its state, with the error of one that failed; None for nothing."""
    one = next((one for one in found if one.version == version), None)
    if one is None or (one.state in _OVER and not one.error_code):
        return None
    return f"{one.state}: {one.error_message}" if one.error_code else one.state


def overview(model_root: Path, only: str | None, addresses: Sequence[str]) -> list[dict[str, Any]]:
    """A row a version: on disk or not, labels, its state on each replica, scores and date of its card.

    A version is listed when it is on disk, configured, or in some replica's memory.
    """
    config = model_config.read(model_root)
    rows = []
    for model in _names(model_root, only):
        part = model_config.find(config, model)
        labels = dict(part.version_labels) if part else {}
        there = disk.versions(model_root, model)
        answers, silent = replicas.all_states(addresses, model)
        in_memory = {one.version for found in answers.values() for one in found if one.state not in _OVER}
        for version in sorted({*there, *labels.values(), *plan.listed(part), *in_memory}):
            told = {address: _told(found, version) for address, found in answers.items()}
            card = _card(there.get(version))
            overall = card.get("overall")
            scores = overall if isinstance(overall, dict) else {}
            signed = card.get("signatures")
            signatures = signed if isinstance(signed, dict) else {}
            rows.append(
                {
                    "model": model,
                    "version": version,
                    "labels": sorted((name for name, to in labels.items() if to == version), reverse=True),
                    "on_disk": version in there,
                    "loaded": {one: UNREACHABLE if one in silent else told[one] for one in addresses},
                    "bleu": scores.get("bleu"),
                    "chrf": scores.get("chrf"),
                    "bleu_signature": signatures.get("bleu"),
                    "chrf_signature": signatures.get("chrf"),
                    "created": card.get("created"),
                }
            )
    return rows


def changes_of(model_root: Path, only: str | None) -> list[dict[str, Any]]:
    """A row a change, oldest first."""
    found = sorted(history.changes(model_root, only), key=lambda one: one.when)
    return [one.model_dump(mode="json", by_alias=True) for one in found]
