"""Load an export the way TensorFlow Serving does, in a fresh process, and compare what it answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from trainer.errors import ExportError

_TIMEOUT_S = 600


def session_translate(
    directory: Path | str,
    batches: Sequence[Sequence[bytes]],
    languages: Sequence[Sequence[str]] | None = None,
) -> list[list[str]]:
    """The translations of each batch, by a fresh process with the session loader (the C++ restore path).

    Args:
        languages: of a model of several directions, that of each translation.

    Raises:
        ExportError: the model does not load or does not answer.
    """
    job = {
        "directory": str(directory),
        "batches": [[sentence.decode("utf-8", "surrogateescape") for sentence in batch] for batch in batches],
        **({} if languages is None else {"languages": [list(batch) for batch in languages]}),
    }
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": os.pathsep.join(sys.path)}
    try:
        process = subprocess.run(
            [sys.executable, "-m", "trainer.session"],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ExportError(
            f"{directory} did not load and answer {len(batches)} requests within {_TIMEOUT_S} s: the machine "
            "is very busy, or search.max_target_length is very large"
        ) from None
    if process.returncode:
        reason = (process.stderr.strip().splitlines() or ["no message"])[-1]
        raise ExportError(
            f"{directory} does not load or answer as TensorFlow Serving would run it ({reason}): export it "
            "again; if this stays, the exported graph needs something that a session cannot restore"
        )
    return json.loads(process.stdout.splitlines()[-1])


def check_export(
    directory: Path | str,
    sources: Sequence[str],
    expected: Callable[[], Sequence[str]],
    languages: Sequence[str] | None = None,
) -> None:
    """The sources in one batch and each alone must give the expected translations, which are worked out while
    the other process loads.

    Args:
        languages: of a model of several directions, that of each translation.

    Raises:
        ExportError: the model does not load, does not answer, or answers something else.
    """
    encoded = [source.encode("utf-8", "surrogateescape") for source in sources]
    with ThreadPoolExecutor(1) as pool:
        # The process in this thread, which Ctrl-C reaches: it is killed at once then.
        expecting = pool.submit(expected)
        asked = None if languages is None else [languages, *([language] for language in languages)]
        together, *alone = session_translate(
            directory, [encoded, *([sentence] for sentence in encoded)], asked
        )
        wanted_texts = expecting.result()
    for source, wanted, batched, (single,) in zip(sources, wanted_texts, together, alone, strict=True):
        for answer, how in ((batched, "in a batch"), (single, "alone")):
            if answer != wanted:
                raise ExportError(
                    f"the export in {directory} translates {source!r} {how} as {answer!r}, the "
                    f"trainer's search as {wanted!r}: the exported graph does not compute the trained "
                    "model; export it again"
                )
