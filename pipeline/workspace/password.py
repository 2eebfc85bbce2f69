"""The password of a metadata store, from where the configuration says that it is."""

from __future__ import annotations

import os

from pipeline.config import MetadataConfig
from pipeline.errors import ConfigurationError


def read_password(store: MetadataConfig) -> str | None:
    """None: the configuration names none.

    Raises:
        ConfigurationError: it is not there.
    """
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
