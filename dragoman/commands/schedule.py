"""`dragoman schedule`: a run again and again on this machine, by systemd or cron."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dragoman.console import err, fail, out

if TYPE_CHECKING:
    from dragoman.schedule.job import Job

_EPILOG = "Example: dragoman schedule run.yaml --every 15m --print systemd"


class Scheduler(str, Enum):
    """Who starts the runs."""

    SYSTEMD = "systemd"
    CRON = "cron"


def register(app: typer.Typer) -> None:
    """Add `schedule`."""
    app.command("schedule", epilog=_EPILOG)(schedule)


def schedule(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="the run's YAML file", show_default=False)],
    every: Annotated[str | None, typer.Option("--every", metavar="INTERVAL", help="as 15m, 6h or 1d")] = None,
    cron: Annotated[
        str | None, typer.Option("--cron", metavar="FIELDS", help="as '30 2 * * mon-fri', local time")
    ] = None,
    shown: Annotated[Scheduler | None, typer.Option("--print", help="print it, and change nothing")] = None,
    installed: Annotated[
        Scheduler | None, typer.Option("--install", help="put it in place, and start it")
    ] = None,
    environment: Annotated[
        Path | None,
        typer.Option(
            "--env-file", help="KEY=VALUE lines with the secrets that CONFIG names by their variables"
        ),
    ] = None,
) -> None:
    """Print or install what starts `dragoman run CONFIG` again and again, in the folder where it is now."""
    from dragoman.schedule import times
    from dragoman.schedule.install import InstallError, install_cron, install_systemd, unit_folder
    from dragoman.schedule.job import Job
    from pipeline.config.load import load

    if (every is None) == (cron is None):
        raise typer.BadParameter("give either --every or --cron")
    if (shown is None) == (installed is None):
        raise typer.BadParameter("give either --print or --install, with systemd or cron")
    name = load(config).name
    if environment is not None and not environment.is_file():
        raise typer.BadParameter(f"{environment} is no file")
    try:
        when = times.every(every) if every is not None else times.cron(cron or "")
        job = Job(
            name=name,
            command=(*_program(), "run", str(config.absolute())),
            folder=Path.cwd(),
            times=when,
            environment=environment.absolute() if environment else None,
        )
        if shown is not None:
            out.print(_text(job, shown), markup=False, end="")
            return
        done = install_cron(job) if installed is Scheduler.CRON else install_systemd(job, *unit_folder())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    except InstallError as error:
        fail(str(error))
    for line in done:
        err.print(line, markup=False)


def _text(job: Job, kind: Scheduler) -> str:
    if kind is Scheduler.CRON:
        return job.crontab()
    return f"# {job.unit}.service\n{job.service()}\n# {job.unit}.timer\n{job.timer()}"


def _program() -> tuple[str, ...]:
    """This dragoman, in whatever environment the schedule starts it."""
    script = Path(sys.executable).with_name("dragoman")
    return (str(script),) if script.is_file() else (sys.executable, "-m", "dragoman")
