"""`dragoman schedule`: what systemd and cron would start, and when."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dragoman.schedule.install import InstallError, install_cron, install_systemd
from dragoman.schedule.job import Job
from dragoman.schedule.times import Times, cron, every

NASTY = "a b'c\"d$HOME%h\\x;&é"


def job(folder: Path, when: Times, *arguments: str, environment: Path | None = None) -> Job:
    program = folder / "program"
    program.write_text(
        f'#!/bin/sh\npwd > {folder.parent}/told\nprintf "%s\\n" "$@" "$KEY" >> {folder.parent}/told\n'
    )
    program.chmod(0o755)
    return Job("nightly", (str(program), *arguments), folder, when, environment)


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    folder = tmp_path / NASTY
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("text", "fields", "line"),
    [
        ("15m", "*/15 * * * *", "OnUnitActiveSec=15min"),
        ("1m", "* * * * *", "OnUnitActiveSec=1min"),
        ("60m", "0 * * * *", "OnUnitActiveSec=60min"),
        ("6h", "0 */6 * * *", "OnUnitActiveSec=6h"),
        ("1d", "0 0 * * *", "OnUnitActiveSec=1d"),
        ("7m", "", "OnUnitActiveSec=7min"),
        ("2d", "", "OnUnitActiveSec=2d"),
    ],
)
def test_intervals(text: str, fields: str, line: str) -> None:
    assert every(text).cron == fields
    assert line in every(text).systemd


@pytest.mark.parametrize(
    ("text", "calendars"),
    [
        ("30 2 * * *", ["*-*-* 02:30:00"]),
        ("*/20 8-10 * * mon-fri", ["Mon,Tue,Wed,Thu,Fri *-*-* 08,09,10:00,20,40:00"]),
        ("0 0 1,15 jan *", ["*-01-01,15 00:00:00"]),
        ("0 5 * * 7", ["Sun *-*-* 05:00:00"]),
        ("0 5 13 * 5", ["*-*-13 05:00:00", "Fri *-*-* 05:00:00"]),
        ("5/20 * * * *", ["*-*-* *:05,25,45:00"]),
    ],
)
def test_crontab_fields_as_calendars(text: str, calendars: list[str]) -> None:
    assert list(cron(text).systemd) == [
        *(f"OnCalendar={calendar}" for calendar in calendars),
        "Persistent=true",
    ]
    if shutil.which("systemd-analyze"):
        for calendar in calendars:
            subprocess.run(["systemd-analyze", "calendar", calendar], check=True, capture_output=True)


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "60 * * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "x * * * *", "1-fri 2 3 4 5"],
)
def test_fields_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"crontab|fields"):
        cron(text)
    for interval in ("", "5", "0m", "1w", "-1h"):
        with pytest.raises(ValueError, match="interval"):
            every(interval)


@pytest.mark.parametrize("when", [every("15m"), cron("0 5 13 * 5")])
def test_systemd_accepts_the_units(nasty: Path, when: Times) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here")
    made = job(nasty, when, "run", NASTY, environment=nasty / "secrets")
    for suffix, text in (("service", made.service()), ("timer", made.timer())):
        (nasty.parent / f"{made.unit}.{suffix}").write_text(text)
    units = [str(nasty.parent / f"{made.unit}.{suffix}") for suffix in ("service", "timer")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if made.unit in line]
    assert done.returncode == 0, done.stderr
    assert not ours


def test_systemd_gets_each_word_as_it_is(nasty: Path) -> None:
    service = job(nasty, every("1h"), "run", NASTY).service()
    words = service.split("ExecStart=")[1].splitlines()[0]
    escaped = NASTY.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    assert words.endswith(f'"run" "{escaped}"')
    assert f"WorkingDirectory={str(nasty).replace('%', '%%')}\n" in service
    assert "SuccessExitStatus=10\n" in service
    assert "Restart" not in service


def test_cron_starts_the_command_in_the_folder_with_the_secrets(nasty: Path) -> None:
    secrets = nasty / "secrets"
    secrets.write_text("KEY='s p'\n")
    mark, line = job(nasty, every("15m"), "run", NASTY, environment=secrets).crontab().splitlines()
    assert mark == "# dragoman run nightly"
    assert line.startswith("*/15 * * * * cd ")
    # What cron hands to the shell: up to the first plain %, and \% as %.
    assert "%" not in line.replace(r"\%", "")
    subprocess.run(["/bin/sh", "-c", line.split(" ", 5)[5].replace(r"\%", "%")], check=True)
    assert (nasty.parent / "told").read_text().splitlines() == [str(nasty), "run", NASTY, "s p"]


def test_what_cannot_be_said_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cron cannot say"):
        job(tmp_path, every("7m")).crontab()
    with pytest.raises(ValueError, match="control character"):
        job(tmp_path, every("1h"), "two\nlines")


def test_installing_into_a_crontab_replaces_only_its_own_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, programs = tmp_path / "table", tmp_path / "bin"
    programs.mkdir()
    fake = programs / "crontab"
    listed = f'[ -e {table} ] && exec cat {table}; echo "no crontab for me" >&2; exit 1'
    fake.write_text(f'#!/bin/sh\nif [ "$1" = -l ]; then {listed}; fi\nexec cat > {table}\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    (tmp_path / "work").mkdir()
    install_cron(job(tmp_path / "work", every("15m")))
    table.write_text("MAILTO=me\n" + table.read_text() + "1 1 * * * other\n")
    install_cron(job(tmp_path / "work", every("6h")))
    lines = table.read_text().splitlines()
    assert lines[:3] == ["MAILTO=me", "1 1 * * * other", "# dragoman run nightly"]
    assert lines[3].startswith("0 */6 * * * cd ")
    assert len(lines) == 4
    fake.write_text('#!/bin/sh\nif [ "$1" = -l ]; then echo "crontab: Input/output error" >&2; exit 1; fi\n')
    with pytest.raises(InstallError, match="nothing was written: crontab: Input/output error"):
        install_cron(job(tmp_path / "work", every("6h")))
    assert table.read_text().splitlines() == lines
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InstallError, match="no `crontab` program"):
        install_cron(job(tmp_path / "work", every("6h")))


def test_installing_units_starts_the_timer(tmp_path: Path) -> None:
    called = tmp_path / "called"
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f'#!/bin/sh\necho "$@" >> {called}\n')
    systemctl.chmod(0o755)
    made = job(tmp_path, every("15m"))
    install_systemd(made, tmp_path / "units", [str(systemctl), "--user"])
    assert called.read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable --now dragoman-nightly.timer",
    ]
    assert (tmp_path / "units" / "dragoman-nightly.service").read_text() == made.service()
    with pytest.raises(InstallError, match="are written; then run"):
        install_systemd(made, tmp_path / "units", [str(tmp_path / "absent")])


def test_the_command_prints_and_changes_nothing(tmp_path: Path) -> None:
    config = tmp_path / "run.yaml"
    config.write_text("{name: n, languages: {source: en, target: de}, corpora: [{format: embedded}]}\n")

    def printed(*arguments: str, code: int = 0) -> str:
        command = [sys.executable, "-m", "dragoman", "schedule", str(config), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    shown = printed("--every", "15m", "--print", "systemd")
    assert f"WorkingDirectory={tmp_path}\n" in shown
    assert f'"run" "{config}"\n' in shown
    assert printed("--cron", "30 2 * * *", "--print", "cron").splitlines()[1].startswith("30 2 * * * cd ")
    printed("--every", "7m", "--print", "cron", code=2)
    printed("--every", "15m", code=2)
    assert [path.name for path in tmp_path.iterdir()] == ["run.yaml"]
