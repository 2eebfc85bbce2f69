"""Lines of the runbook, typed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.serving.conftest import REPOSITORY

_SECTION = re.compile(r"^## (\d+)\. (.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(number: int) -> list[str]:
    """What is to be typed in a section, block by block."""
    sections = dict(_SECTION.findall((REPOSITORY / "docs" / "runbook.md").read_text()))
    return _BLOCK.findall(sections[str(number)])


def typed(block: str, folder: Path, path: Path | None = None, **environment: str) -> str:
    """What a shell in a folder says of a block, every line of which has to end with 0; `dragoman` is this
    tree's. `path`: where programs are looked for first.
    """
    command = f'dragoman() {{ "{sys.executable}" -m dragoman "$@"; }}\n{block}'
    known = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "80", **environment}
    known["PATH"] = os.pathsep.join([*([str(path)] if path else []), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euc", command], cwd=folder, env=known, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
