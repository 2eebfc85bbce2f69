"""Which stack a machine gets, and that every pin of pyproject.toml has its reason beside it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import tomli

import dragoman.stack
from dragoman import doctor

ROOT = Path(__file__).parents[2]
LOCKS = ("tfx-1.16", "tfx-1.21")


@pytest.mark.parametrize(
    ("python", "glibc", "name", "words"),
    [
        ((3, 10), "2.36", "tfx-1.16", "the newest wants glibc 2.39, glibc here is 2.36"),
        ((3, 10), "2.41", "tfx-1.16", "Python 3.11 to 3.13 would have the newest"),
        ((3, 10), "", "tfx-1.16", "there is no glibc here"),
        ((3, 11), "2.36", None, "none: tfx-1.21 wants glibc 2.39"),
        ((3, 13), "2.39", "tfx-1.21", "tfx-1.21, the newest"),
        ((3, 14), "2.41", None, "the client side alone"),
    ],
)
def test_glibc_and_python_decide(python: tuple[int, int], glibc: str, name: str | None, words: str) -> None:
    chosen, said = dragoman.stack.choose(python, glibc)
    assert chosen == name
    assert words in said


def test_the_doctor_shows_the_stack_whose_tensorflow_is_here() -> None:
    name, words = dragoman.stack.here()
    finding = doctor._stack()
    assert (finding.name, finding.state, finding.detail) == ("stack", "ok", words)
    assert f"tfx=={doctor._package('tfx', 'the pipeline').detail} " in _lock(str(name))


@pytest.mark.parametrize(
    ("child", "state", "words"),
    [
        ("print('NVIDIA H200')", "ok", "NVIDIA H200"),
        ("", "absent", "TensorFlow sees none"),
        ("raise SystemExit('no libcudart')", "missing", "TensorFlow does not start: no libcudart"),
    ],
)
def test_the_doctor_asks_tensorflow_for_gpus(
    child: str, state: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_GPUS", child)
    finding = doctor._gpu()
    assert finding.state == state
    assert words in finding.detail


def test_a_driver_without_cudas_libraries_is_named_with_the_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "_GPUS", "")
    monkeypatch.setattr(doctor, "_DRIVER", tmp_path)
    assert "pip install '.[gpu]' in Dragoman's checkout" in doctor._gpu().detail


def test_every_pin_has_its_reason_above_it() -> None:
    """A reason holds until a line has no pin; the cap at the next major version needs none."""
    reason, bare = False, []
    for line in (ROOT / "pyproject.toml").read_text().partition("[project.scripts]")[0].splitlines():
        text = line.strip()
        if text.startswith("#"):
            reason = True
        elif pinned := re.match(r'"[A-Za-z][^;"]*(==|<\d+\.)[^;"]*', text):
            bare += [] if reason else [pinned.group()]
        else:
            reason = False
    assert not bare


def _lock(stack: str) -> str:
    return (ROOT / "locks" / f"{stack}.lock").read_text()


def test_each_stack_has_its_lock_of_the_same_extras() -> None:
    extras = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for stack, tfx in zip(LOCKS, ("1.16.0", "1.21.0"), strict=True):
        lock = _lock(stack)
        assert f"\ntfx=={tfx} " in lock
        assert "\njax==" in lock
        for extra in ("server", "texts", "pipeline"):
            for requirement in extras[extra]:
                name = re.match(r"[A-Za-z0-9-]+", requirement)
                assert name is not None
                only_older = name.group() == "setuptools"
                known = name.group() == "dragoman" or only_older or f"\n{name.group()}==" in lock
                assert known, (stack, requirement)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"DRAGOMAN_STACK": "tfx-9"}, "DRAGOMAN_STACK is tfx-9: say tfx-1.16 or tfx-1.21"),
        pytest.param(
            {"DRAGOMAN_STACK": "tfx-1.21"},
            "the stack tfx-1.21 needs glibc 2.39 or newer",
            marks=pytest.mark.skipif(sys.version_info >= (3, 11), reason="it runs here"),
        ),
    ],
)
def test_setup_refuses_a_stack_that_is_none_or_does_not_run_here(
    variables: dict[str, str], said: str, tmp_path: Path
) -> None:
    path = f"{tmp_path}:/usr/bin:/bin"
    if "1.21" in said:
        getconf = tmp_path / "getconf"
        getconf.write_text("#!/bin/sh\necho glibc 2.36\n")
        getconf.chmod(0o755)
    done = subprocess.run(
        [ROOT / "scripts" / "setup"],
        env={"PATH": path, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert said in done.stderr


def test_the_newest_stacks_tree_says_why_it_cannot_be(tmp_path: Path) -> None:
    """An older machine whose kernel refuses mounts: said before anything is made."""
    for name, does in (("getconf", "echo glibc 2.36"), ("unshare", "exit 1"), ("id", "echo 0")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "DRAGOMAN_TREE": str(tmp_path / "tree")}
    asked = [ROOT / "scripts" / "newest", "true"]
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "unshare --mount is refused here" in done.stderr
    assert not (tmp_path / "tree").exists()
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=60)
    assert "needs root" in done.stderr
