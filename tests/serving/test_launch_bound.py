"""A bound model server does not outlive its launcher."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

# The launcher starts a stand-in for a server through the same code path, says its process id and waits.
_LAUNCHER = """
import sys
from pathlib import Path
from serving.backends import Command
from serving.launch import LaunchOptions, RunningServer
code = "import sys; sys.stdin.close(); import time; print('up', flush=True); time.sleep(600)"
server = RunningServer.start("stand-in", Command([sys.executable, "-c", code]), Path(sys.argv[1]),
                             LaunchOptions(bound=True), (1, 2))
print(server.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")
def test_a_bound_server_dies_with_a_killed_launcher(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _LAUNCHER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as launcher:
        assert launcher.stdout is not None
        pid = int(launcher.stdout.readline())
        # A descriptor of the server's process: it becomes readable when the process ends, whoever its
        # parent is.
        import os
        import select

        descriptor = os.pidfd_open(pid)
        try:
            launcher.send_signal(signal.SIGKILL)
            assert select.select([descriptor], [], [], 30)[0], "the server outlived its launcher"
        finally:
            os.close(descriptor)
