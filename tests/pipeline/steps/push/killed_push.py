"""A push that dies by SIGKILL at its n-th step: `killed_push.py EXPORT ROOT STEP`."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.steps.push.atomic import push
from tests.pipeline.steps.push.cards import card

_steps = 0
_last = int(sys.argv[3])


def _counted(function: Callable[..., Any], half: bool = False) -> Callable[..., Any]:
    """Two steps: before the call and after it; a copy also dies with half of its bytes written."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        _step()
        if half and _steps == _last - 1:
            Path(args[1]).write_bytes(Path(args[0]).read_bytes()[: Path(args[0]).stat().st_size // 2])
            _step()
        result = function(*args, **kwargs)
        _step()
        return result

    return wrapped


def _step() -> None:
    global _steps
    _steps += 1
    if _steps == _last:
        os.kill(os.getpid(), signal.SIGKILL)


os.fsync = _counted(os.fsync)
os.rename = _counted(os.rename)
os.replace = _counted(os.replace)
os.mkdir = _counted(os.mkdir)
shutil.copyfile = _counted(shutil.copyfile, half=True)
print(push(Path(sys.argv[1]), Path(sys.argv[2]), "translator", card("killed"), ["Hello."]).version)
