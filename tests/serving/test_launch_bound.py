"""A bound model server does not outlive its launcher."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from serving.errors import BackendError
from serving.launch import LaunchOptions, launch

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


@pytest.mark.parametrize(("given", "said"), [("taken", "port {} of 127.0.0.1"), ("host", "203.0.113.7")])
def test_where_it_cannot_listen_is_said_before_anything_is_loaded(
    tmp_path: Path, given: str, said: str
) -> None:
    (tmp_path / "1").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = LaunchOptions(grpc_port=port) if given == "taken" else LaunchOptions(host="203.0.113.7")
        with (
            pytest.raises(
                BackendError, match=f"cannot listen on {said.format(port)}: .* choose another --port"
            ),
            launch(tmp_path, backend="embedded", options=options),
        ):
            pass
