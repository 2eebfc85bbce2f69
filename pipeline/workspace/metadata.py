"""The connection to ML Metadata: a file in the workspace, or a PostgreSQL server.

A database belongs to one run (one workspace): killed executions are settled by whoever holds the workspace.

The password never enters TFX's connection configuration, which LocalDagRunner writes into the log:
PostgreSQL's client library takes it from the environment.
"""

from __future__ import annotations

import os

import ml_metadata
from ml_metadata.proto import metadata_store_pb2

from pipeline.config import MetadataConfig
from pipeline.errors import ConfigurationError
from pipeline.workspace.workspace import Workspace

_PASSWORD = "PGPASSWORD"


def connection(workspace: Workspace) -> metadata_store_pb2.ConnectionConfig:
    """Of the workspace's store; a password is put where PostgreSQL's client library looks for it.

    Raises:
        ConfigurationError: the password is not where the configuration says.
    """
    made = metadata_store_pb2.ConnectionConfig()
    store = workspace.store
    if store.store == "sqlite":
        made.sqlite.filename_uri = str(workspace.metadata)
        made.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        return made
    password = _password(store)
    if password is not None:
        os.environ[_PASSWORD] = password
    server = made.postgresql
    server.host, server.port = store.host or "", str(store.port)
    server.user, server.dbname = store.user or "", store.database or ""
    return made


def open_store(workspace: Workspace) -> ml_metadata.MetadataStore:
    """The workspace's metadata store, made when it is not there.

    Raises:
        ConfigurationError: the server does not answer, or refuses.
    """
    made = connection(workspace)
    try:
        return ml_metadata.MetadataStore(made)
    except Exception as error:
        if workspace.store.store == "sqlite":
            raise
        where = f"{workspace.store.host}:{workspace.store.port}/{workspace.store.database}"
        raise ConfigurationError(
            f"cannot use the metadata store on {where}: {' '.join(str(error).split())}: see that the server "
            "runs, and that user, password and database are right"
        ) from None


def exists(workspace: Workspace) -> bool:
    """Whether there may be something in the store."""
    return workspace.store.store != "sqlite" or workspace.metadata.exists()


def _password(store: MetadataConfig) -> str | None:
    if store.password_env is not None:
        if store.password_env not in os.environ:
            raise ConfigurationError(
                f"metadata.password_env: the environment has no {store.password_env}: set it to the password"
            )
        return os.environ[store.password_env]
    if store.password_file is None:
        return None
    try:
        return store.password_file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"metadata.password_file: cannot read {store.password_file}: {error}"
        ) from None
