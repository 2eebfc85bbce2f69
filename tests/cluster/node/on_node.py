"""What is done on the node, in a privileged pod with the node's processes: `python on_node.py ACTION …`.

mount PATH BYTES OWNER   an empty file system of that size, over whatever is there
unmount PATH
read FILE
list FOLDER
fill FOLDER LEFT         but for so many bytes
free FOLDER
kill MARK…               -9 to each process of a pod whose command line or control group has one of the marks
stop MARK…               SIGSTOP to them
kill-at FILE VERSION MARK…   `kill` at the moment when the models.config in FILE lists the version
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import sys
import time
from pathlib import Path

NAME = "dragoman-cluster-test"
CHUNK = b"\0" * (1 << 20)
PATIENCE = 600.0  # seconds until the version is listed
LOOK = 0.002
CLONE_NEWNS = 0x20000
MNT_DETACH = 2


def main() -> None:
    """Do one thing."""
    action, *arguments = sys.argv[1:]
    {
        "mount": mount,
        "unmount": unmount,
        "read": read,
        "list": names,
        "fill": fill,
        "free": free,
        "kill": kill,
        "stop": stop,
        "kill-at": kill_at,
    }[action](*arguments)


def mount(path: str, size: str, owner: str) -> None:
    """A tmpfs, so that the node's own folder is hidden and comes back as it was."""
    _enter()
    os.makedirs(path, exist_ok=True)
    options = f"size={size},uid={owner},gid={owner},mode=755"
    _call("mount", NAME.encode(), path.encode(), b"tmpfs", 0, options.encode())


def unmount(path: str) -> None:
    """Take away what `mount` has put there, as often as it has."""
    _enter()
    while f"{NAME} {path} tmpfs" in Path("/proc/self/mounts").read_text():
        _call("umount2", path.encode(), MNT_DETACH)


def read(path: str) -> None:
    """Print a file."""
    print(_on_node(path).read_text(), end="")


def names(path: str) -> None:
    """Print what is in a folder."""
    print("\n".join(sorted(os.listdir(_on_node(path)))))


def fill(path: str, left: str) -> None:
    """Write until nothing fits, then give so much back."""
    with (_on_node(path) / ".ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(CHUNK)
        except OSError:
            file.truncate(max(file.tell() - int(left), 0))


def free(path: str) -> None:
    """Undo `fill`."""
    (_on_node(path) / ".ballast").unlink()


def kill(*marks: str) -> None:
    """Print the processes that were killed; none is a failure."""
    _signal(signal.SIGKILL, marks)


def stop(*marks: str) -> None:
    """Print the processes that hang from now on; none is a failure."""
    _signal(signal.SIGSTOP, marks)


def kill_at(path: str, version: str, *marks: str) -> None:
    """Wait for the version, then `kill`."""
    listed, end = re.compile(rf"\bversions: {version}\b"), time.monotonic() + PATIENCE
    while not listed.search(_on_node(path).read_text()):
        if time.monotonic() > end:
            sys.exit(f"{path} never listed version {version}")
        time.sleep(LOOK)
    kill(*marks)


def _signal(number: signal.Signals, marks: tuple[str, ...]) -> None:
    marked = [
        process
        for process in _in_pods()
        if process != os.getpid() and any(_has(process, mark) for mark in marks)
    ]
    for process in marked:
        with contextlib.suppress(ProcessLookupError):  # It ended with the one before it.
            os.kill(process, number)
    print(*marked)
    if not marked:
        sys.exit(f"no process of a pod has one of {marks}")


def _in_pods() -> list[int]:
    processes = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return [process for process in processes if "kubepods" in _text(process, "cgroup")]


def _has(process: int, mark: str) -> bool:
    return mark in _text(process, "cgroup") or mark in _text(process, "cmdline").replace("\0", " ")


def _text(process: int, name: str) -> str:
    try:
        return Path(f"/proc/{process}/{name}").read_text(errors="replace")
    except OSError:  # it has just ended
        return ""


def _kubelet() -> int:
    """Its process: what it takes for the node's files is what hostPath volumes are."""
    kubelets = [
        int(name)
        for name in os.listdir("/proc")
        if name.isdigit() and _text(int(name), "comm") == "kubelet\n"
    ]
    if not kubelets:
        sys.exit("no kubelet runs on this node")
    return kubelets[0]


def _on_node(path: str) -> Path:
    return Path(f"/proc/{_kubelet()}/root{path}")


def _enter() -> None:
    """Go over into the node's mounts."""
    with open(f"/proc/{_kubelet()}/ns/mnt") as namespace:
        _call("setns", namespace.fileno(), CLONE_NEWNS)


def _call(name: str, *arguments: object) -> None:
    """A function of the C library that gives 0 when all is well."""
    if getattr(_C, name)(*arguments):
        number = ctypes.get_errno()
        sys.exit(f"{name}: {os.strerror(number)}")


_C = ctypes.CDLL(None, use_errno=True)

if __name__ == "__main__":
    main()
