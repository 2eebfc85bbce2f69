"""The connection to ML Metadata: a file in the workspace, or a PostgreSQL server.

A database belongs to one run (one workspace): killed executions are settled by whoever holds the workspace.

The password never enters TFX's connection configuration, which LocalDagRunner writes into the log:
PostgreSQL's client library takes it from the environment.
"""

from __future__ import annotations

import os

import ml_metadata
from ml_metadata.proto import metadata_store_pb2

from pipeline.errors import ConfigurationError
from pipeline.workspace.password import read_password
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
    password = read_password(store)
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
