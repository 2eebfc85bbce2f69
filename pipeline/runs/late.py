"""What a run loads late: its first component needs next to nothing of Keras, and of packages that import all
that they have as soon as one of their modules is, as TFX's components with all that any of them runs on.

Deferred, such a package is imported without running its `__init__`: its modules are, one by one, as they are
asked for, and the `__init__` when a name is asked for that no module has.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType

DEFERRED = (
    "tfx.components",
    "tensorflow_model_analysis",
    "kubernetes",
    # Beam's connectors import them, and Keras IPython, for whoever may use them.
    "google.cloud.bigquery",
    "google.cloud.bigquery_storage_v1",
    "google.cloud.pubsub",
    "IPython",
)
_LEFT_OUT = ("keras.src", "jax")
"""Of TensorFlow's import, which tries them: Keras is imported by who asks for it, and of JAX TensorFlow Lite
wants a function that it has no more."""


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """Import inside the block what a run is put together from.

    TensorFlow comes without Keras, and Python's collector looks at nothing that is imported, neither now,
    when there is nothing to collect, nor in the course of the run.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        defer(*DEFERRED)
        _import_tensorflow()
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def _import_tensorflow() -> None:
    """Without what it goes on without."""
    hidden = [name for name in _LEFT_OUT if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        importlib.import_module("tensorflow")
    finally:
        for name in hidden:
            del sys.modules[name]


def defer(*packages: str) -> None:
    """Defer those that are installed and not imported yet. Must run before anything imports one of them."""
    for name in packages:
        if name in sys.modules:
            continue
        spec = None
        with contextlib.suppress(ModuleNotFoundError):  # what it is a part of
            spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            continue
        package = importlib.util.module_from_spec(spec)
        package.__class__ = _Deferred
        sys.modules[name] = package
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], last, package)


class _Deferred(ModuleType):
    """A package whose `__init__` has not run."""

    def __getattr__(self, name: str) -> object:
        """What is not there yet."""
        package: str = self.__name__
        if name.startswith("__"):  # Asked by Python itself, of every module.
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if importlib.util.find_spec(f"{package}.{name}") is not None:
            return importlib.import_module(f"{package}.{name}")
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec = self.__spec__
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(self)
        return getattr(self, name)
