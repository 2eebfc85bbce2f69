"""What the overlays give when kustomize renders them, as plain documents.

What is no overlay by itself, k8s/training and the component queue-latency, has one around it in `overlays`
beside this file.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "k8s"
OVERLAYS = ("local", "production", "drill")
AROUND = Path(__file__).parent / "overlays"
AROUND_OTHERS = ("training", "queue-latency")
Document = dict[str, Any]


def kustomize() -> list[str] | None:
    """The command that renders a folder: the kubectl of this environment, else one of the PATH."""
    ours = Path(sys.executable).parent / "kubectl"
    if ours.exists():
        return [str(ours), "kustomize"]
    if program := shutil.which("kustomize"):
        return [program, "build"]
    if program := shutil.which("kubectl"):
        return [program, "kustomize"]
    return None


@functools.cache
def documents(folder: Path) -> tuple[Document, ...]:
    """Everything that a folder renders to."""
    command = kustomize()
    assert command is not None
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr  # warnings of deprecated fields
    return tuple(yaml.safe_load_all(done.stdout))


class Rendered:
    """One overlay."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.documents = documents((FOLDER / "overlays" if name in OVERLAYS else AROUND) / name)

    def kind(self, kind: str) -> list[Document]:
        """All of a kind."""
        return [document for document in self.documents if document["kind"] == kind]

    def get(self, kind: str, name: str) -> Document:
        """The one of that name; names with kustomize's hash count without it."""
        named = [document for document in self.kind(kind) if document["metadata"]["name"] == name]
        named = named or [
            document
            for document in self.kind(kind)
            if document["metadata"]["name"].rpartition("-")[0] == name
        ]
        assert len(named) == 1, f"{len(named)} of {kind}/{name} in {self.name}"
        return named[0]

    def pods(self) -> Iterator[tuple[str, Document]]:
        """Each pod template, metadata and spec, with the name of what makes it."""
        for document in self.documents:
            name = f"{document['kind']}/{document['metadata']['name']}"
            if document["kind"] == "CronJob":
                yield name, document["spec"]["jobTemplate"]["spec"]["template"]
            elif document["kind"] in ("Deployment", "Job", "StatefulSet", "DaemonSet"):
                yield name, document["spec"]["template"]

    def containers(self) -> Iterator[tuple[str, Document]]:
        """Each container, with the name of what makes it."""
        for name, pod in self.pods():
            for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
                yield name, container

    def server(self) -> Document:
        """The model server's container."""
        return self._first("model-server")

    def gateway(self) -> Document:
        """The gateway's container."""
        return self._first("gateway")

    def _first(self, name: str) -> Document:
        pod = self.get("Deployment", name)["spec"]["template"]
        return dict(pod["spec"]["containers"][0])


def selects(selector: Document, labels: dict[str, str]) -> bool:
    """Whether a label selector selects; of the expressions, those used here."""
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "Exists", expression
        if expression["key"] not in labels:
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
