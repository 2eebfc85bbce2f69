"""Packages that import all that they have as soon as one of their modules is: TFX's components with all that
any of them runs on, its analysis of models, Kubernetes's client. A run's first component needs next to
nothing of it.

Deferred, such a package is imported without running its `__init__`: its modules are, one by one, as they are
asked for, and the `__init__` when a name is asked for that no module has.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

DEFERRED = ("tfx.components", "tensorflow_model_analysis", "kubernetes")


def defer(*packages: str) -> None:
    """Defer those that are installed and not imported yet. Must run before anything imports one of them."""
    for name in packages:
        if name in sys.modules:
            continue
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
