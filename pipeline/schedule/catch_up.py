"""The runs of a catch-up (`missed: each`) follow one another: each is compared with the version that the one
before it has pushed, and with `weights: served` goes on from it.

Nobody could promote that version in between, as somebody might have if each span had been worked off when it
came. Once somebody promotes or rolls back, what `stable` serves counts again.
"""

from __future__ import annotations

from pydantic import BaseModel

from pipeline.config import RunConfig
from serving.rollout import served_version
from serving.versions import versions


class CatchUp(BaseModel):
    """One that is under way: the version that its last run pushed, and what was stable then."""

    pushed: int
    stable: int | None


def went_on(config: RunConfig, before: CatchUp | None, pushed: int | None) -> CatchUp | None:
    """What the next run follows after one that pushed a version, or, refused, none.

    Raises:
        RolloutRefusedError: models.config cannot be read.
    """
    return before if pushed is None else CatchUp(pushed=pushed, stable=_stable(config))


def followed(config: RunConfig, catch_up: CatchUp | None) -> int | None:
    """The version that the next run follows; None: the one that `stable` serves.

    Raises:
        RolloutRefusedError: models.config cannot be read.
    """
    if catch_up is None or catch_up.stable != _stable(config):
        return None
    on_disk = versions(config.push.model_root / config.pushed_name)
    return catch_up.pushed if catch_up.pushed in on_disk else None


def _stable(config: RunConfig) -> int | None:
    return served_version(config.push.model_root, config.pushed_name)
