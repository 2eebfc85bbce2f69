"""Everything that libraries say goes to the log, whatever way they say it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from pipeline.runs.quiet import redirected


def test_all_ways_of_talking_end_in_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    with redirected(log) as terminal:
        print("by print")
        print("by stderr", file=sys.stderr)
        os.write(2, b"by descriptor\n")
        logging.getLogger("absl").warning("by logging")
        warnings.warn("by warning", FutureWarning, stacklevel=1)
        subprocess.run([sys.executable, "-c", "print('by child')"], check=True)
        print("progress", file=terminal)
    print("after")
    out, err = capfd.readouterr()
    assert (out, err) == ("after\n", "progress\n")
    text = log.read_text()
    for way in ("print", "stderr", "descriptor", "logging", "child"):
        assert f"by {way}" in text


def test_an_exception_passes_and_the_terminal_is_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyError), redirected(tmp_path / "log"):
        raise KeyError
    print("after")
    assert capfd.readouterr().out == "after\n"
