"""TF_CONFIG: who trains together, and every way in which it can be wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trainer.cluster import read_cluster
from trainer.errors import ConfigurationError


def _read(cluster: Any, job: str = "worker", index: Any = 0) -> Any:
    return read_cluster(
        {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": job, "index": index}})}
    )


def test_the_first_machine_is_the_chief() -> None:
    workers = ["a:1", "b:1"]
    assert _read({"worker": workers}).machines == ("a:1", "b:1")
    assert _read({"worker": workers}).chief
    assert not _read({"worker": workers}, index=1).chief
    named = {"chief": ["c:1"], "worker": workers}
    assert _read(named, "chief").chief
    assert _read(named, "worker", 0).index == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "TF_CONFIG is not set"),
        ("{", "cannot be used: Expecting property name"),
        ("[]", "cannot be used"),
        ('{"cluster": {"worker": ["a:1"]}}', "'task' is missing"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', "worker 1 is not in"),
        ('{"cluster": {"worker": ["a"]}, "task": {"type": "worker", "index": 0}}', "HOST:PORT"),
        ('{"cluster": {"worker": ["a:1", "a:1"]}, "task": {"type": "worker", "index": 0}}', "there twice"),
        (
            '{"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
            "has ps, and only chief and worker",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_an_example(text: str | None, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as raised:
        read_cluster({} if text is None else {"TF_CONFIG": text})
    assert '"task": {"type": "worker", "index": 0}' in str(raised.value)
