"""Who may work in a workspace: a lease on a folder, also across hosts and clusters that share its volume.

The lease is the file with the highest number in the lease's folder. Taking it is making the next number,
which `O_EXCL` lets only one do; a holder writes to its own file alone, so nobody overwrites another's. The
holder touches its file every few seconds. One that has not been touched for its whole expiry, by the clock of
whoever watches, is passed over by making the next number; so is one whose process is gone, where that can be
seen (same host, same boot), at once. The old holder finds the higher number and stops.

The number is the fencing token: `require` asks for a higher one right before anything that others see.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ValidationError

from contracts.files import replace_text
from pipeline.errors import LeaseLostError, WorkspaceBusyError

EXPIRY = 60.0
_BEATS = 6  # heartbeats in an expiry
_LOOKS = 40  # looks at another's lease in an expiry


class _Holder(BaseModel):
    """What a lease file says; `place` and `born` tell whether the process still lives, to those who can
    see it."""

    token: str
    host: str
    place: str
    pid: int
    born: str
    expiry: float
    released: bool = False


@dataclass
class Lease:
    """One that is held, until `lost`."""

    folder: Path
    number: int
    token: str
    expiry: float
    lost: str = ""
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def path(self) -> Path:
        """The lease's file."""
        return self.folder / str(self.number)

    def require(self) -> None:
        """Raises LeaseLostError if another has taken the lease; asks the volume, not the memory."""
        if not self.lost and (not self.path.exists() or _newest(self.folder) != self.number):
            self.lost = _taken_by(self.folder)
        if self.lost:
            raise LeaseLostError(self.lost)

    def _beat(self) -> None:
        """Touch the file until told to stop; interrupt the main thread when the lease is lost."""
        beaten = time.monotonic()
        while not self._stop.wait(self.expiry / _BEATS):
            try:
                self.require()
                os.utime(self.path)
                beaten = time.monotonic()
            except LeaseLostError:
                break
            except OSError as error:
                # A volume that hangs may come back; after a whole expiry another may be at work.
                if time.monotonic() - beaten > self.expiry:
                    self.lost = f"{self.folder} could not be written for {self.expiry:g} s: {error}"
                    break
        if not self._stop.is_set():
            # A real signal: it also ends a call that the main thread is waiting in.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


_held: list[Lease] = []
_ours: set[str] = set()  # tokens of the leases that this process has taken, or is taking, and not let go


def require() -> None:
    """Raises LeaseLostError if this process held a workspace's lease that another has taken since."""
    for lease in _held:
        lease.require()


def token() -> str:
    """Of the lease that this process holds; what it is about to publish carries it, so that whoever takes
    the lease over can revoke it. Empty where none is held."""
    return _held[-1].token if _held else ""


@dataclass(frozen=True)
class Taken:
    """A lease just taken, and the token of the holder that was passed over, if one was."""

    lease: Lease
    passed_over: str | None


@contextlib.contextmanager
def holding(folder: Path, what: str, expiry: float = EXPIRY) -> Iterator[Taken]:
    """Hold the lease in `folder`, which is made when it is not there; `what` is named in messages.

    Raises:
        WorkspaceBusyError: another holds it.
        LeaseLostError: another took it while this one was stalled for longer than its expiry.
        OSError: the folder cannot be used.
    """
    taken = _take(folder, what, expiry)
    lease = taken.lease
    _held.append(lease)
    _hear_interrupts()
    beating = threading.Thread(target=lease._beat, name="lease", daemon=True)
    beating.start()
    try:
        yield taken
    except KeyboardInterrupt:
        if lease.lost:
            raise LeaseLostError(lease.lost) from None
        raise
    finally:
        lease._stop.set()
        beating.join()
        _held.remove(lease)
        _ours.discard(lease.token)
        if not lease.lost:
            with contextlib.suppress(OSError):
                _release(lease)


def _hear_interrupts() -> None:
    """A shell that starts a process in the background may have it ignore SIGINT, by which a loss is told."""
    main = threading.current_thread() is threading.main_thread()
    if main and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _take(folder: Path, what: str, expiry: float) -> Taken:
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        newest = _newest(folder)
        holder = _read(folder / str(newest)) if newest else None
        if newest and not (holder and holder.released):
            _refuse_living(folder / str(newest), what, expiry)
        lease = Lease(folder, newest + 1, uuid.uuid4().hex, expiry)
        if not _make(lease):
            continue  # another was faster: look at its lease
        if _newest(folder) != lease.number:
            # This number had been given and cleared away before it was made here.
            _unmake(lease)
            continue
        for number in _numbers(folder):
            if number < lease.number:
                (folder / str(number)).unlink(missing_ok=True)
        return Taken(lease, holder.token if holder and not holder.released else None)


def _make(lease: Lease) -> bool:
    """The lease's file, whole, unless somebody has made it."""
    _ours.add(lease.token)  # Before the file is there: another thread must not take it for one left over.
    try:
        descriptor = os.open(lease.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        _ours.discard(lease.token)
        return False
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_Holder(token=lease.token, **_self(), expiry=lease.expiry).model_dump_json())
            file.flush()
            os.fsync(file.fileno())
    except OSError:  # a full volume; an empty file would be somebody's
        _unmake(lease)
        raise
    return True


def _unmake(lease: Lease) -> None:
    lease.path.unlink(missing_ok=True)
    _ours.discard(lease.token)


def _release(lease: Lease) -> None:
    """The number stays, as the highest that was ever given."""
    held = _read(lease.path)
    if held is not None:
        replace_text(lease.path, held.model_copy(update={"released": True}).model_dump_json())


def _refuse_living(path: Path, what: str, expiry: float) -> None:
    """Return when the lease may be passed over.

    Raises:
        WorkspaceBusyError: its holder lives, or may live.
    """
    holder = _read(path)
    if holder is not None and _is_gone(holder):
        return
    allowed = holder.expiry if holder else expiry
    beat = _beaten(path)
    if beat is None:
        return  # released and cleared away meanwhile; whoever did it holds a higher number
    if abs(time.time() - beat) >= allowed:
        # Old by this clock, which need not be the holder's: it has an expiry's time to show that it lives.
        until = time.monotonic() + allowed
        while time.monotonic() < until:
            time.sleep(allowed / _LOOKS)
            if _beaten(path) != beat:
                break
        else:
            return
    who = f"process {holder.pid} on {holder.host}" if holder else "a process that has just begun"
    raise WorkspaceBusyError(
        f"another run ({who}) is using {what}: wait for it, or set another `workspace`; a run that was "
        f"killed elsewhere is passed over {allowed:g} s after its last heartbeat"
    )


def _numbers(folder: Path) -> list[int]:
    return [int(name) for name in os.listdir(folder) if name.isdecimal()]


def _newest(folder: Path) -> int:
    """The number that holds; 0 where none was ever given."""
    return max(_numbers(folder), default=0)


def _taken_by(folder: Path) -> str:
    newest = _newest(folder)
    holder = _read(folder / str(newest)) if newest else None
    who = f"process {holder.pid} on {holder.host}" if holder else "somebody"
    return (
        f"this run was stalled for longer than its lease, and {who} has taken {folder.parent} over: "
        "nothing more was done here, and what was done is there for the next run"
    )


def _read(path: Path) -> _Holder | None:
    """None for a file that is being written, or was damaged, or is gone."""
    try:
        return _Holder.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _beaten(path: Path) -> float | None:
    """When the holder touched it; opened, because a network file system caches what it has not opened."""
    try:
        with path.open("rb") as file:
            return os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return None


def _self() -> dict[str, str | int]:
    return {"host": socket.gethostname(), "place": _place(), "pid": os.getpid(), "born": _born(os.getpid())}


def _place() -> str:
    """Where process ids mean the same: a boot of a kernel, and a namespace in it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _born(pid: int) -> str:
    """When the process began, in ticks since the boot; empty where there is none, or it has died."""
    try:
        after_name = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        )
    except OSError:
        return ""
    fields = after_name.split()
    return "" if fields[0] in "ZX" else fields[19]


def _is_gone(holder: _Holder) -> bool:
    """Certainly: False where this process cannot see it."""
    if not holder.place or holder.place != _place():
        return False
    if holder.pid == os.getpid() and _born(holder.pid) == holder.born:
        # This process, which could not write on a full disk that it let go.
        return holder.token not in _ours
    return _born(holder.pid) != holder.born
