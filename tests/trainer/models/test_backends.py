"""The models are Keras alone, whatever it runs on."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

import trainer.models


def test_the_models_import_no_tensorflow() -> None:
    parts = sorted(Path(trainer.models.__file__).parent.rglob("*.py"))
    # What an architecture has for the export alone stands beside it.
    for file in [
        part
        for part in parts
        if part.parent.name != "transformer" or part.name in ("__init__.py", "model.py")
    ]:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0].startswith("tensorflow")], file


@pytest.mark.skipif(find_spec("jax") is None, reason="jax is not installed")
def test_the_model_runs_on_jax(start_python: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(
        "import keras, numpy as np\n"
        "from trainer.models.transformer import TransformerConfig\n"
        "from trainer.models.build import build_translator\n"
        "assert keras.backend.backend() == 'jax'\n"
        "translator = build_translator(TransformerConfig(width=16, heads=2), 20, 20, shared=True)\n"
        "print(translator((np.int32([[7, 3]]), np.int32([[2, 8, 9]]))).shape)\n"
    )
    process = start_python(tmp_path / "run.py", KERAS_BACKEND="jax")
    output, errors = process.communicate(timeout=300)
    assert output.splitlines()[-1] == "(1, 3, 20)", errors
