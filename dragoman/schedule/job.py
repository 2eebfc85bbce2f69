"""What is started: a command in a folder, as systemd and as cron want it written."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import ExitCode
from dragoman.schedule.times import Times


@dataclass(frozen=True)
class Job:
    """`name`: of the run; `command`: absolute program and arguments; `environment`: a file of `KEY=VALUE`
    lines with the secrets that the run's configuration names.

    Raises ValueError for a line break in any of them.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    times: Times
    environment: Path | None = None

    def __post_init__(self) -> None:
        for text in (*self.command, str(self.folder), str(self.environment)):
            if any(ord(character) < 32 for character in text):
                raise ValueError(f"{text!r} holds a control character: no schedule can name it")

    @property
    def unit(self) -> str:
        """The name of the systemd units."""
        return f"dragoman-{self.name}"

    def service(self) -> str:
        """The `.service`. It is not restarted: the timer starts it the next time. Exit code 10, another run
        at work, is no failure.
        """
        lines = [
            "[Unit]",
            f"Description=Dragoman run {self.name}",
            "",
            "[Service]",
            "Type=oneshot",
            f"WorkingDirectory={_specifiers(str(self.folder))}",
            *([f"EnvironmentFile={_specifiers(str(self.environment))}"] if self.environment else []),
            # Through env, because systemd takes no quote or backslash in the name of the program itself.
            f"ExecStart=/usr/bin/env {' '.join(map(_word, self.command))}",
            f"SuccessExitStatus={ExitCode.BUSY.value}",
            "Nice=10",
        ]
        return "\n".join(lines) + "\n"

    def timer(self) -> str:
        """The `.timer`."""
        when = "\n".join(self.times.systemd)
        return (
            f"[Unit]\nDescription=Dragoman run {self.name}, again and again\n\n[Timer]\n{when}\n\n"
            "[Install]\nWantedBy=timers.target\n"
        )

    def crontab(self) -> str:
        """One line, with the name in a comment line before it.

        Raises:
            ValueError: cron has no words for the times.
        """
        if not self.times.cron:
            raise ValueError(
                "cron cannot say this interval: take one that divides an hour or a day (as 15m or 6h), "
                "or systemd"
            )
        parts = [f"cd {shlex.quote(str(self.folder))}"]
        if self.environment:
            parts += ["set -a", f". {shlex.quote(str(self.environment))}", "set +a"]
        line = " && ".join([*parts, f"exec {shlex.join(self.command)}"])
        # A plain % would end the command, wherever it stands.
        return f"{self.mark}\n{self.times.cron} {line}\n".replace("%", r"\%")

    @property
    def mark(self) -> str:
        """The comment line by which the crontab's entry is found again."""
        return f"# dragoman run {self.name}"


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")


def _word(text: str) -> str:
    """A word of a command line of systemd, which is no shell: `$` and `%` are its own."""
    escaped = _specifiers(text).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"'
