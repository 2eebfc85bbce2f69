"""`python -m tests.cluster`: go through the steps on the cluster of KUBECONFIG, and print the table."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from serving.rollout.drill.fleet import Serves
from tests.cluster import the_node, traffic
from tests.cluster.kubectl import NAMESPACE, ClusterError, get, kubectl
from tests.cluster.steps import OVERLAY, STEPS, Step, agreed

_GONE = 400.0  # seconds for the end of everything
_COLUMNS = ("step", "what was done", "seconds", "requests", "failed", "versions per replica")


@dataclass(frozen=True)
class Row:
    """A step and how it went."""

    step: str
    note: str
    seconds: float
    requests: int | None
    """Of both clients. None: they were not there yet."""
    failed: int
    serves: dict[str, Serves]
    problem: str = ""

    def cells(self) -> list[str]:
        """For the table."""
        versions = {str(served) for served in self.serves.values()}
        agree = f"{len(self.serves)} × ({', '.join(versions)})" if versions else "–"
        requests, failed = ("–", "–") if self.requests is None else (str(self.requests), str(self.failed))
        return [self.step, self.problem or self.note, f"{self.seconds:.0f}", requests, failed, agree]


def main() -> int:
    """The exit code."""
    if not os.environ.get("KUBECONFIG"):
        print("skipped: KUBECONFIG names no cluster to test on (k8s/README.md)")
        return 0
    rows: list[Row] = []
    try:
        _clear()
        for row in _rows():
            rows.append(row)
            print(f"  {' | '.join(row.cells())}", file=sys.stderr)
        for cells in (_COLUMNS, ["---"] * len(_COLUMNS), *(row.cells() for row in rows)):
            print(f"| {' | '.join(cells)} |")
        if wrong := [row for row in rows if row.problem or row.failed]:
            print(f"error: {wrong[0].step}: what is in the cluster stays for a look", file=sys.stderr)
            return 1
        _clear()
    except ClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _rows() -> Iterator[Row]:
    """The first step that goes wrong is the last; a failed request is told and does not end the test."""
    for step in STEPS:
        print(f"{step.title} …", file=sys.stderr)
        row = _row(step)
        yield row
        if row.problem:
            return


def _row(step: Step) -> Row:
    before = traffic.seen() if step.client else None
    started = time.monotonic()
    note = problem = ""
    serves: dict[str, Serves] = {}
    try:
        note = step.run()
        if step.replicas:
            serves = agreed()
        if step.client:
            traffic.flow()
    except ClusterError as error:
        problem = str(error)
    seconds = time.monotonic() - started
    if before is None:
        return Row(step.title, note, seconds, None, 0, serves, problem)
    now = traffic.seen()
    if now.failed > before.failed:
        print(f"  failed requests: {now.errors}", file=sys.stderr)
    requests, failed = now.requests - before.requests, now.failed - before.failed
    return Row(step.title, note, seconds, requests, failed, serves, problem)


def _clear() -> None:
    """Remove what a test has left: this one or an earlier one that failed.

    Raises:
        ClusterError: the cluster is none that this test may use.
    """
    there = {namespace["metadata"]["name"] for namespace in get("namespaces")["items"]}
    if the_node.NAMESPACE not in there:
        if NAMESPACE in there:
            raise ClusterError(
                f"the cluster has a namespace {NAMESPACE} that is not this test's: it stays untouched"
            )
        if len(nodes := get("nodes")["items"]) != 1:
            raise ClusterError(f"the overlay `drill` is for one node, and the cluster has {len(nodes)}")
        return
    waiting = [f"--timeout={_GONE:.0f}s", "--ignore-not-found"]
    kubectl("delete", "--kustomize", str(OVERLAY), *waiting, patience=_GONE)
    the_node.unmount()
    kubectl("delete", "namespace", the_node.NAMESPACE, *waiting, patience=_GONE)


if __name__ == "__main__":
    sys.exit(main())
