"""Any sequence of operations: `stable` always has a loaded version, and rollbacks go back along the trail."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from serving.client import Client
from serving.errors import ServingError
from serving.rollout import Rollout, served_version
from tests.examples import examples
from tests.serving.fake_server import FakeServer, push

VERSIONS = (1, 2, 3, 4)
BAD = 4
"""Loads nowhere."""
_OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["promote", "canary", "retire"]), st.sampled_from(VERSIONS)),
        st.tuples(st.just("rollback")),
    ),
    min_size=1,
    max_size=10,
)


class Trail:
    """What should happen, in the simplest words: a pile of what was stable, and what is on disk."""

    def __init__(self) -> None:
        self.pile = [1]
        self.canary: int | None = None
        self.disk = set(VERSIONS)

    def expected(self, action: str, *version: int) -> bool:
        """Whether it is done, and then it is done here too."""
        if action == "rollback":
            done = len(self.pile) > 1 and self.pile[-2] in self.disk
            if done:
                self.pile.pop()
                if self.canary is not None and self.canary > self.pile[-1]:
                    self.canary = None  # Clients without a label would go on getting it.
            return done
        (chosen,) = version
        if chosen not in self.disk:
            return False
        if action == "retire":
            done = chosen not in (self.pile[-1], self.canary)
            if done:
                self.disk.remove(chosen)
            return done
        if chosen == BAD:
            return False
        if action == "canary":
            self.canary = chosen
        elif chosen != self.pile[-1]:
            self.pile.append(chosen)
        return True


@examples(40)
@given(_OPERATIONS)
def test_stable_is_always_loaded_and_rollbacks_follow_the_trail(operations: list[tuple]) -> None:  # type: ignore[type-arg]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        root = Path(folder)
        for version in VERSIONS:
            push(root, version, "bad" if version == BAD else "good")
        servers = [FakeServer(root), FakeServer(root)]
        for server in servers:
            stack.callback(server.stop)
        rollout = Rollout(root, [server.address for server in servers], timeout=30)
        rollout.promote("m", 1)
        trail = Trail()
        for action, *version in operations:
            try:
                getattr(rollout, action)("m", *version)
                done = True
            except ServingError:
                done = False
            assert done == trail.expected(action, *version), (action, version)
            assert served_version(root, "m") == trail.pile[-1]
            newest = max(trail.pile[-1], trail.canary or 0)
            for server in servers:
                for label, version in (("stable", trail.pile[-1]), (None, newest)):
                    with Client(server.address, model="m", label=label) as client:
                        assert client.served_version() == version
        assert not [error for server in servers for error in server.label_errors]
