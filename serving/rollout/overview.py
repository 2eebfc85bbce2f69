"""Everything known of the versions below a model root, for people and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contracts.card import CardSummary, MetricSummary
from contracts.examples import DIRECTION
from serving import model_config
from serving.client import VersionState
from serving.rollout import disk, history, plan, replicas
from serving.rollout.replicas import Replica
from serving.versions import models
from serving.wire.model_server_config_pb2 import ModelConfig

UNREACHABLE = "UNREACHABLE"
_OVER = ("END", "UNKNOWN")


def _names(model_root: Path, only: str | None) -> list[str]:
    """Models on disk or in models.config."""
    if only is not None:
        return [only]
    config = model_config.read(model_root)
    configured = [part.name for part in config.model_config_list.config] if config else []
    return sorted({*models(model_root), *configured})


def _find_on_disk(model_root: Path, model: str, part: ModelConfig | None) -> dict[int, Path]:
    """On disk; of a canary that is apart, what it is made of in its model's folder."""
    name = None if part is None else Path(part.base_path).name
    if name is None or model != model_config.trial_name(name):
        return disk.versions(model_root, model)
    return {
        version: folder
        for version, folder in disk.versions(model_root, name).items()
        if version in plan.listed(part)
    }


def _newest(states: list[VersionState]) -> int | None:
    return max((state.version for state in states if state.state == "AVAILABLE"), default=None)


def _languages(card: CardSummary) -> str | None:
    """As `en→de`, or `en→de de→en`; None where the card names none."""
    if card.directions:
        return " ".join(
            f"{direction.source_language}→{direction.target_language}" for direction in card.directions
        )
    if not (card.source_language and card.target_language):
        return None
    return f"{card.source_language}→{card.target_language}"


def _by_direction(card: CardSummary) -> dict[str, dict[str, dict[str, float | None]]]:
    """BLEU and chrF of each direction of a model of several."""
    if not card.directions:
        return {}
    slices = [part for part in card.slices or () if part.feature == DIRECTION and part.value]
    return {"directions": {str(part.value): {"bleu": part.bleu, "chrf": part.chrf} for part in slices}}


def _state_of(states: list[VersionState], version: int) -> str | None:
    """What a replica says of the version: its state, with the error of one that failed; None for nothing."""
    state = next((state for state in states if state.version == version), None)
    if state is None or (state.state in _OVER and not state.error_code):
        return None
    return f"{state.state}: {state.error_message}" if state.error_code else state.state


def overview(model_root: Path, only: str | None, servers: Sequence[Replica]) -> list[dict[str, Any]]:
    """A row a version: on disk or not, labels, its state on each replica, scores and date of its card; and
    the replicas that give it to clients that name neither label nor version.

    A version is listed when it is on disk, configured, or in some replica's memory.
    """
    config = model_config.read(model_root)
    addresses = [replica.address for replica in servers]
    rows = []
    for model in _names(model_root, only):
        part = model_config.find_model(config, model)
        labels = dict(part.version_labels) if part else {}
        on_disk = _find_on_disk(model_root, model, part)
        answers, silent = replicas.all_states(servers, model)
        in_memory = {
            state.version for states in answers.values() for state in states if state.state not in _OVER
        }
        shown = {*on_disk, *labels.values(), *plan.listed(part), *in_memory}
        newest = {address: _newest(states) for address, states in answers.items()}
        for version in sorted(shown):
            loaded = {address: _state_of(states, version) for address, states in answers.items()}
            card = CardSummary.of(on_disk.get(version))
            scores, signatures = (part or MetricSummary() for part in (card.overall, card.signatures))
            rows.append(
                {
                    "model": model,
                    "version": version,
                    "labels": sorted((name for name, to in labels.items() if to == version), reverse=True),
                    "on_disk": version in on_disk,
                    "without_label": [address for address in addresses if newest.get(address) == version],
                    "loaded": {
                        address: UNREACHABLE if address in silent else loaded[address]
                        for address in addresses
                    },
                    "bleu": scores.bleu,
                    "chrf": scores.chrf,
                    "bleu_signature": signatures.bleu,
                    "chrf_signature": signatures.chrf,
                    "languages": _languages(card),
                    **_by_direction(card),
                    "created": card.created,
                }
            )
    return rows


def changes_of(model_root: Path, only: str | None) -> list[dict[str, Any]]:
    """A row a change, oldest first."""
    changes = sorted(history.changes(model_root, only), key=lambda change: change.when)
    return [change.model_dump(mode="json", by_alias=True, exclude={"config"}) for change in changes]
