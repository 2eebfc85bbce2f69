"""The Dockerfile's rules, and that its images get the lock's packages: all that they need, no more."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import sys
from types import ModuleType
from typing import Any

import pytest
import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.k8s.render import FOLDER, ROOT, Rendered

DOCKERFILE = (FOLDER / "images" / "Dockerfile").read_text()
IMAGES = ("client", "gateway", "server", "pipeline")


@pytest.fixture(scope="module")
def sublock() -> ModuleType:
    """k8s/images/sublock.py, which lies in no package."""
    spec = importlib.util.spec_from_file_location("sublock", FOLDER / "images" / "sublock.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STACKS = {"tfx-1.16": "3.10", "tfx-1.21": "3.13"}
HERE = "tfx-1.16" if sys.version_info < (3, 11) else "tfx-1.21"


@pytest.fixture(scope="module", params=STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    """Each stack's lock is whole; the images take the newest."""
    return str(request.param)


@pytest.fixture(scope="module")
def lock(stack: str) -> str:
    return (ROOT / "locks" / f"{stack}.lock").read_text()


@pytest.fixture(scope="module")
def python(stack: str) -> str:
    return STACKS[stack]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return dict(tomli.loads((ROOT / "pyproject.toml").read_text())["project"])


def _chosen(
    sublock: ModuleType, lock: str, project: dict[str, Any], requirement: str, python: str
) -> dict[str, str]:
    return dict(sublock.entries(sublock.sublock(lock, project, requirement, python)))


def _needed(requirement: str) -> set[str]:
    """What the installed packages say that they need, here."""
    seen: set[tuple[str, str]] = set()
    todo = [(Requirement(requirement).name, extra) for extra in ("", *Requirement(requirement).extras)]
    while todo:
        name, extra = todo.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for line in importlib.metadata.requires(name) or []:
            dependency = Requirement(line)
            if dependency.marker is None or dependency.marker.evaluate({"extra": extra}):
                todo += [(canonicalize_name(dependency.name), wanted) for wanted in ("", *dependency.extras)]
    return {name for name, _ in seen} - {"dragoman"}


@pytest.mark.parametrize(
    "requirement",
    ["dragoman", "dragoman[gateway,postgresql]", "dragoman[server]", "dragoman[pipeline]"],
)
def test_an_image_gets_all_that_it_needs_from_the_lock(
    sublock: ModuleType, lock: str, project: dict[str, Any], requirement: str, stack: str
) -> None:
    chosen = _chosen(sublock, lock, project, requirement, STACKS[stack])
    if stack == HERE:
        assert not _needed(requirement) - set(chosen)
    for name, text in chosen.items():
        assert text.startswith(lock[lock.index(f"\n{name}==") + 1 :].split(" ", 1)[0])
        assert "--hash=sha256:" in text, name


def test_client_and_gateway_have_no_tensorflow_and_the_server_no_pipeline(
    sublock: ModuleType, lock: str, project: dict[str, Any], python: str
) -> None:
    client = set(_chosen(sublock, lock, project, "dragoman", python))
    gateway = set(_chosen(sublock, lock, project, "dragoman[gateway,postgresql]", python))
    assert "grpcio" in client & gateway
    assert {"starlette", "sqlalchemy", "psycopg-binary"} <= gateway
    assert not {name for name in client | gateway if name.startswith(("tensorflow", "keras", "numpy", "tfx"))}
    server = set(_chosen(sublock, lock, project, "dragoman[server]", python))
    assert {"tensorflow", "tensorflow-text"} <= server
    assert not server & {"tfx", "apache-beam", "keras-nlp", "ml-metadata", "pytest", "ctranslate2"}
    assert not set(_chosen(sublock, lock, project, "dragoman[pipeline]", python)) & {
        "pytest",
        "ctranslate2",
        "mypy",
        "ruff",
    }


def test_what_the_lock_does_not_have_is_refused(
    sublock: ModuleType, lock: str, project: dict[str, Any], python: str
) -> None:
    with pytest.raises(KeyError, match="not in the lock: no-such-package"):
        sublock.sublock(lock, project, "no-such-package", python)
    with pytest.raises(KeyError, match="no extra nothing"):
        sublock.sublock(lock, project, "dragoman[nothing]", python)


def test_the_base_is_an_argument_pinned_by_digest() -> None:
    assert re.search(
        r"^ARG BASE_IMAGE=python:3\.13\.\d+-slim-trixie@sha256:[0-9a-f]{64}$", DOCKERFILE, re.MULTILINE
    )
    named = {match.split()[0] for match in re.findall(r"^FROM (.+)$", DOCKERFILE, re.MULTILINE)}
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    assert re.search(r"^ARG GO_IMAGE=golang:\S+@sha256:[0-9a-f]{64}$", DOCKERFILE, re.MULTILINE)
    assert named <= stages | {"${BASE_IMAGE}", "${GO_IMAGE}", "scratch"}


@pytest.mark.parametrize("image", [*IMAGES, "guard"])
def test_an_image_is_bare_and_not_root(image: str) -> None:
    """From the empty image by way of `bare`: what the build stages hold is not below it."""
    stages = dict(re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.MULTILINE))
    parents = {stage: parent for parent, stage in stages.items() if stage != "bare"}
    assert stages.get("scratch") == "bare"
    texts = {
        re.match(r"\S+ AS (\S+)", part)[1]: part
        for part in re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    }  # type: ignore[index]
    assert texts[image].startswith("bare AS")
    assert "RUN" not in texts[image] + texts["bare"]
    assert re.search(r"^USER 10001:10001$", texts["bare"], re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["(dragoman|python|nginx)"', texts[image], re.MULTILINE)
    assert re.search(rf"^COPY --from={image}-environment \S+ /opt/dragoman", texts[image], re.MULTILINE)
    assert parents


def test_the_images_database_has_a_shell_is_not_root_and_is_for_the_drill_alone(
    drill: Rendered, production: Rendered
) -> None:
    part = DOCKERFILE.partition("FROM ${BASE_IMAGE} AS database\n")[2]
    assert "USER 10001:10001" in part
    assert "STOPSIGNAL SIGINT" in part
    assert "dragoman-database:0.1.0" in {container["image"] for _, container in drill.containers()}
    assert not [container for _, container in production.containers() if "database" in container["image"]]


def test_what_is_built_without_a_name_are_the_images_of_the_manifests(local: Rendered) -> None:
    build = (FOLDER / "images" / "build").read_text()
    (named,) = re.findall(r"images=\((\w[\w ]+)\)", build)
    assert tuple(named.split()) == IMAGES
    ours = {
        container["image"]
        for _, container in local.containers()
        if container["image"].startswith("dragoman-")
    }
    assert {image.removeprefix("dragoman-").partition(":")[0] for image in ours} <= set(IMAGES)


def test_a_lock_with_cuda_adds_its_libraries_and_changes_nothing(
    sublock: ModuleType, lock: str, stack: str
) -> None:
    more = sublock.entries((ROOT / "locks" / f"{stack}-gpu.lock").read_text())
    assert {"nvidia-cudnn-cu12", "nvidia-cublas-cu12"} <= set(more)
    assert not set(more) & set(sublock.entries(lock))
    assert all("--hash=sha256:" in text for text in more.values())


def test_cuda_is_an_argument_of_the_build() -> None:
    assert DOCKERFILE.count("ARG GPU=\n") == DOCKERFILE.count("GPU=${GPU} ./install") == 2
    assert '--build-arg "GPU=$GPU"' in (FOLDER / "images" / "build").read_text()


def test_beams_boot_program_is_of_the_version_that_is_tested() -> None:
    """docs/engines.md names it for Prism too."""
    (version,) = re.findall(r"beam/sdks/v2/python/container@(v\S+)$", DOCKERFILE, re.MULTILINE)
    assert f"cmd/prism@{version}" in (ROOT / "docs" / "engines.md").read_text()
    assert re.search(r"^FROM pipeline AS worker$", DOCKERFILE, re.MULTILINE)


def test_every_download_is_checked_against_a_hash() -> None:
    install = (FOLDER / "images" / "install").read_text()
    for line in [*DOCKERFILE.splitlines(), *install.splitlines()]:
        if re.search(r"\bpip .*\b(install|wheel)\b|\binto install\b", line) and not line.startswith("#"):
            assert "--require-hashes" in line or "--no-index" in line, line


def test_the_build_context_is_a_list_of_what_may_enter() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*"
    assert {line.removeprefix("!") for line in lines if line.startswith("!")} == {
        "pyproject.toml",
        "locks",
        "README.md",
        "LICENSE",
        "contracts",
        "distributions",
        "dragoman",
        "grammar",
        "pipeline",
        "serving",
        "texts",
        "trainer",
        "k8s/images",
    }
