"""What no thread of a process can end is ended from outside, with its reason."""

from __future__ import annotations

import signal
import subprocess
import sys

WATCHED = """
import ctypes
from trainer.watchdog import Watchdog
watchdog = Watchdog("because: {}".format)
"""
STUCK = "ctypes.PyDLL(None).sleep(600)  # Holds Python's lock, as TensorFlow does.\n"


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WATCHED + program], capture_output=True, text=True, timeout=120, check=False
    )


def test_a_process_that_holds_pythons_lock_is_killed_with_the_last_reason() -> None:
    done = run(f"watchdog.allow(300, 'the first')\nwatchdog.allow(0.1, 'the second')\n{STUCK}")
    assert done.returncode == -signal.SIGKILL
    assert done.stderr == "because: the second\n"


def test_a_deadline_is_put_off_and_taken_back() -> None:
    program = (
        "watchdog.allow(1, 'no')\nwatchdog.allow(300, 'no')\nctypes.PyDLL(None).sleep(2)\nwatchdog.end()"
    )
    done = run(f"{program}\nprint('end')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_the_watching_process_leaves_with_the_watched_one() -> None:
    # Its standard error is this pipe: subprocess.run returns when both have closed it.
    done = run("watchdog.allow(300, 'no')\nimport os\nos._exit(3)")
    assert (done.returncode, done.stderr) == (3, "")
