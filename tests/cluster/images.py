"""The images: built, and loaded into a cluster that has no registry."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from tests.cluster.kubectl import ClusterError

ROOT = Path(__file__).parents[2]
IMAGES = ("client", "gateway", "server", "pipeline", "guard", "database")


def build_and_load() -> str:
    """Build them with k8s/images/build, which says what it reads from the environment, and give the archive
    of all to the command LOAD; their names and sizes.

    Raises:
        ClusterError: LOAD is missing, or something failed.
    """
    load = os.environ.get("LOAD")
    if not load:
        raise ClusterError(
            "LOAD is not set: the command that brings an archive of images into the cluster, as "
            "LOAD='kind load image-archive' or LOAD='minikube image load'"
        )
    # The overlay has these names and no others.
    plain = {key: value for key, value in os.environ.items() if key not in ("IMAGE_PREFIX", "IMAGE_TAG")}
    said = _output([ROOT / "k8s/images/build", *IMAGES], plain).splitlines()
    sizes = dict(line.split("\t") for line in said if "\t" in line)
    with tempfile.TemporaryDirectory(prefix="dragoman-images-") as folder:
        archive = Path(folder) / "images.tar"
        _output([os.environ.get("DOCKER", "docker"), "save", "--output", archive, *sizes], plain)
        _output([*shlex.split(load), archive], plain)
    return ", ".join(f"{name.partition(':')[0]} {size}" for name, size in sizes.items())


def _output(command: list[str | Path], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-5:]
        raise ClusterError(f"{command[0]} ended with {done.returncode}: {' / '.join(said)}")
    return done.stdout
