"""What is about to be pushed: folders `.pushing-TOKEN-…` beside the versions.

TOKEN is that of the lease which the push is made under. Whoever takes that lease over takes them away, also
where nothing else is to be done, and without loading what a push needs.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from pathlib import Path

from contracts.disk import describe
from pipeline.errors import PushError
from pipeline.workspace import lease

PREFIX = ".pushing-"


def staging(folder: Path) -> Path:
    """A new name in a model's folder, for a push under the lease that is held."""
    return folder / f"{PREFIX}{lease.token()}-{uuid.uuid4().hex}"


def revoke(folder: Path, token: str) -> None:
    """Take away what the holder of a lease that was passed over was about to push into a model's folder.

    Raises:
        PushError: it is still there.
    """
    for staged in folder.glob(f"{PREFIX}{token}-*"):
        revoked = staged.with_name(f"{PREFIX}revoked-{uuid.uuid4().hex}")
        try:
            with contextlib.suppress(FileNotFoundError):  # pushed in this moment, before the new holder works
                os.rename(staged, revoked)
                shutil.rmtree(revoked, ignore_errors=True)
        except OSError as error:
            raise PushError(
                f"cannot take {staged} away, which a run that this one took over from may still push: "
                f"{describe(error)}; remove it"
            ) from error
