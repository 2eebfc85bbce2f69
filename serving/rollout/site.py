"""Where a rollout happens and how: what all of its operations have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from serving import model_config
from serving.client import Tls
from serving.errors import RolloutRefusedError, UnreachableError
from serving.rollout import history, lock
from serving.rollout.outcome import difference
from serving.rollout.replicas import Behind, Replicas
from serving.wire.model_server_config_pb2 import ModelConfig, ModelServerConfig


@dataclass(frozen=True)
class Site:
    """A model root and the replicas that follow it."""

    model_root: Path
    names: Sequence[str] = ()
    """Of the replicas, by address or by a name that stands for several; none: only the file is written."""
    timeout: float = 120.0
    """Seconds."""
    reason: str = ""
    dry_run: bool = False
    keep_loaded: bool = False
    """What is newer than `stable` stays loaded after a rollback: clients that name no label go on with it."""
    who: str = ""
    """For the history; empty: whom this process runs for."""
    tls: Tls | None = None
    """How the replicas are asked; None: without TLS."""

    @property
    def replicas(self) -> Replicas:
        """All of them, and how they are asked."""
        return Replicas(self.names, self.tls)

    def planned(self, old: ModelServerConfig | None, new: ModelServerConfig | None) -> str:
        """How models.config is to change.

        Raises:
            RolloutRefusedError: a model server would refuse it.
        """
        if new is not None:
            model_config.check(new)
        return difference(old, new)

    def record(
        self,
        action: history.Action,
        model: str,
        versions: tuple[int | None, int | None],
        config: ModelServerConfig | None,
        why: str | None = None,
        keep_loaded: bool | None = None,
    ) -> None:
        """Add a line to the history: from which version to which, and what models.config is then.

        Raises:
            RolloutRefusedError: it cannot be written.
        """
        before, to = versions
        change = history.Change(
            who=self.who or lock.who(),
            model=model,
            action=action,
            before=before,
            to=to,
            why=self.reason if why is None else why,
            keep_loaded=keep_loaded,
            config="" if config is None else model_config.as_text(config),
        )
        history.append(self.model_root, change)

    def refuse_copy(self, part: ModelConfig | None) -> None:
        """A folder that is not there may be there for the servers, under another mount.

        Raises:
            RolloutRefusedError: servers read another model root.
        """
        folder = None if part is None else model_config.elsewhere(part, self.model_root)
        if part is not None and folder is not None and folder.is_dir():
            raise RolloutRefusedError(
                f"models.config in {self.model_root} has servers read {part.name} from {folder}: give "
                f"--model-root {folder.parent}, or correct the base_path if this root is to be one of its own"
            )


def refuse_silent(silent: Behind) -> None:
    """Nothing is begun while a replica does not answer.

    Raises:
        UnreachableError: one does not.
    """
    if silent:
        raise UnreachableError(
            f"nothing was changed: {'; '.join(map(str, silent.values()))} "
            "(--offline writes models.config for servers that do not run)"
        )
