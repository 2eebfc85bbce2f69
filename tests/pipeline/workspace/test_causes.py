"""The cause of a failure, out of what TFX and Beam wrap around it."""

from __future__ import annotations

from pipeline.errors import ComponentError, DataError
from pipeline.workspace.causes import cause
from trainer.errors import TrainingDivergedError


def chained(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


def test_our_error_deep_in_a_chain() -> None:
    error = cause(
        chained(RuntimeError("outer"), TrainingDivergedError("loss is nan\n  at step 7")), "Trainer"
    )
    assert isinstance(error, TrainingDivergedError)
    assert str(error) == "loss is nan at step 7"


def test_our_error_in_the_text_of_a_beam_error() -> None:
    text = "Traceback:\n  File x\ncontracts.errors.DataError: no line 3 [while running 'Read']\n"
    error = cause(RuntimeError(text), "ExampleGen")
    assert isinstance(error, DataError)
    assert str(error) == "no line 3"


def test_a_class_of_ours_is_only_found_in_our_modules() -> None:
    error = cause(RuntimeError("other.errors.DataError: x\npipeline.errors.re: y"), "A")
    assert isinstance(error, ComponentError)


def test_a_foreign_error_names_the_component_and_stays_short() -> None:
    assert str(cause(ValueError("bad " * 1000), "A")).startswith("A failed: ValueError: bad bad")
    assert len(str(cause(ValueError("bad " * 1000), "A"))) < 700
    assert str(cause(MemoryError(), "A")) == "A failed: out of memory"
    assert (
        str(cause(PermissionError(13, "Permission denied", "/x"), "A")) == "A failed: Permission denied: /x"
    )
    assert str(cause(KeyError(), None)) == "the run failed: KeyError"


def test_a_damaged_store_is_told_with_its_cure() -> None:
    error = cause(RuntimeError("mysql or sqlite: file is not a database"), None)
    assert "the metadata store is damaged: move the workspace away" in str(error)


def test_a_cycle_of_causes_ends() -> None:
    first, second = ValueError("one"), ValueError("two")
    first.__cause__, second.__cause__ = second, first
    assert isinstance(cause(first, "A"), ComponentError)
