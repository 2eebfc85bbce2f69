"""ML Metadata in PostgreSQL: a private server in a temporary folder, as a user who is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.config import MetadataConfig
from pipeline.errors import ConfigurationError
from pipeline.runs.runner import assemble, execute
from pipeline.workspace.metadata import connection, open_store
from pipeline.workspace.workspace import Workspace
from tests.pipeline.runs.test_runner import Notes
from tests.pipeline.toys import Double, Make

PASSWORD = "not for the log"


def _programs() -> Path:
    """PostgreSQL's programs, where Debian or the PATH has them."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    initdb = shutil.which("initdb")
    folders += [Path(initdb).parent] if initdb else []
    if not folders:
        pytest.skip("PostgreSQL is not here: apt-get install postgresql")
    return folders[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server with the user `dragoman`, who must give a password and may make databases."""
    programs = _programs()
    folder = tmp_path_factory.mktemp("postgresql")
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # which PostgreSQL refuses
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            user = pwd.getpwnam("nobody")
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        folder = Path(f"/tmp/dragoman-postgresql-{os.getpid()}")
        folder.mkdir()
        os.chown(folder, user.pw_uid, user.pw_gid)
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def call(*command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, **as_user)
        assert done.returncode == 0, done.stderr

    data = str(folder / "data")
    initdb = ("--auth=scram-sha-256", "--username=dragoman", f"--pwfile={password}", "--no-sync")
    call(str(programs / "initdb"), f"--pgdata={data}", *initdb)
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
    start = ("--wait", "--timeout=300", f"--log={folder / 'log'}", f"--options={options}", "start")
    call(str(programs / "pg_ctl"), f"--pgdata={data}", *start)
    yield port
    call(str(programs / "pg_ctl"), f"--pgdata={data}", "--mode=immediate", "stop")
    shutil.rmtree(folder)


def store(port: int, **values: Any) -> MetadataConfig:
    return MetadataConfig(
        store="postgresql", host="127.0.0.1", port=port, database="runs", user="dragoman", **values
    )


def test_a_run_keeps_its_metadata_in_postgresql(
    server: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("STORE_PASSWORD", PASSWORD)
    workspace = Workspace(tmp_path / "run", store(server, password_env="STORE_PASSWORD"))
    diary = tmp_path / "diary"

    def run() -> dict[str, Any]:
        make = Make("21", str(diary))
        with workspace.locked():
            nodes = [make, Double(make.outputs["made"], "", str(diary))]
            return execute(assemble("toys", nodes, workspace), workspace, Notes())

    assert (run()["Double"].outputs["doubled"] / "number").read_text() == "42"
    assert run()["Double"].cached
    assert diary.read_text().split() == ["make", "double"]
    assert not workspace.metadata.exists()
    assert len(open_store(workspace).get_executions()) == 4
    assert PASSWORD not in str(connection(workspace))


def test_a_wrong_password_is_told(server: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "")
    (tmp_path / "secret").write_text("wrong\n")
    workspace = Workspace(tmp_path, store(server, password_file=tmp_path / "secret"))
    with pytest.raises(ConfigurationError, match=f"127.0.0.1:{server}/runs") as raised:
        open_store(workspace)
    assert "wrong" not in str(raised.value)


def test_a_password_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORE_PASSWORD", raising=False)
    with pytest.raises(ConfigurationError, match="STORE_PASSWORD"):
        connection(Workspace(tmp_path, store(1, password_env="STORE_PASSWORD")))
    with pytest.raises(ConfigurationError, match="password_file"):
        connection(Workspace(tmp_path, store(1, password_file=tmp_path / "absent")))


@pytest.mark.parametrize(
    "values",
    [
        {"host": "h"},
        {"store": "postgresql", "host": "h", "user": "u"},
        {"store": "postgresql", "host": "h", "user": "u", "database": "d", "password": "p"},
        {
            "store": "postgresql",
            "host": "h",
            "user": "u",
            "database": "d",
            "password_env": "E",
            "password_file": "f",
        },
    ],
)
def test_sections_that_are_none(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        MetadataConfig.model_validate(values)
