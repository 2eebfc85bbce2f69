"""Put a job where systemd or cron finds it; what was there for the same run is replaced."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from dragoman.schedule.job import Job


class InstallError(Exception):
    """The programs of systemd or cron are not there, or refused."""


def unit_folder() -> tuple[Path, list[str]]:
    """Where this user's units go, and how systemctl is called for them."""
    if os.geteuid() == 0:
        return Path("/etc/systemd/system"), ["systemctl"]
    configured = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(configured) / "systemd" / "user", ["systemctl", "--user"]


def install_systemd(job: Job, folder: Path, systemctl: list[str]) -> list[str]:
    """Write service and timer, and start the timer; returns what was done.

    Raises:
        InstallError: the files stay where they are, and the message says what remains to be done.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, text in (("service", job.service()), ("timer", job.timer())):
            (folder / f"{job.unit}.{suffix}").write_text(text, encoding="utf-8")
    except OSError as error:
        raise InstallError(f"cannot write units into {folder}: {error.strerror}") from None
    reload, enable = [*systemctl, "daemon-reload"], [*systemctl, "enable", "--now", f"{job.unit}.timer"]
    for command in (reload, enable):
        _call(command, remains=f"{folder / job.unit}.service and .timer are written; then run ")
    return [f"{folder / job.unit}.service", f"{folder / job.unit}.timer", f"started {job.unit}.timer"]


def install_cron(job: Job) -> list[str]:
    """Put the job into this user's crontab; returns what was done.

    Raises:
        InstallError: there is no cron, or it refused.
    """
    entry = job.crontab()
    listed = _crontab(["-l"])
    # No crontab yet is an error to `crontab -l`; after any other one, writing would lose what is there.
    if listed.returncode and "no crontab for" not in listed.stderr:
        raise InstallError(f"crontab -l failed, so nothing was written: {listed.stderr.strip()}")
    lines = listed.stdout.splitlines()
    kept, skip = [], False
    for line in lines:
        if line == job.mark or skip:
            skip = line == job.mark
            continue
        kept.append(line)
    written = _crontab(["-"], "".join(f"{line}\n" for line in kept) + entry)
    if written.returncode:
        raise InstallError(f"crontab refused: {written.stderr.strip()}")
    return [f"in this user's crontab: {entry.splitlines()[1]}"]


def _crontab(arguments: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["crontab", *arguments], input=text, capture_output=True, text=True, check=False
        )
    except OSError:
        raise InstallError(
            "no `crontab` program is here: install cron, or take --install systemd, or --print cron"
        ) from None


def _call(command: list[str], remains: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        raise InstallError(f"{command[0]} is not here: {remains}{' '.join(command)}") from None
    if done.returncode:
        raise InstallError(f"{done.stderr.strip()}: {remains}{' '.join(command)}")
