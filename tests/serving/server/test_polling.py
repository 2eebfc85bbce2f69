"""What polling lives through: files edited by hand, folders that are none, and whatever else fails."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from tensorflow_serving.config import model_server_config_pb2
from tensorflow_serving.config.file_system_storage_path_source_pb2 import FileSystemStoragePathSourceConfig

from serving.initial_config import ensure_config
from serving.launch import launch
from serving.server import main
from serving.server.options import FlagFileError, parse, read_model_config
from serving.server.source import FileSystemSource, Monitored
from tests.contract.server import Client, add_model, spec, wait_for
from tests.contract.toys import Versions

POLICY = FileSystemStoragePathSourceConfig.ServableVersionPolicy()
OPENING = "custom_model_config { [type.googleapis.com/tensorflow.serving.ModelServerConfig] { "
NESTED = OPENING * 400 + "} }" * 400


def _replace(file: Path, text: str) -> None:
    """At once, as an editor does."""
    file.with_suffix(".new").write_text(text)
    file.with_suffix(".new").replace(file)


def test_a_configuration_that_cannot_be_used_keeps_the_one_before(versions: Versions, tmp_path: Path) -> None:
    """And says why; the good one that follows is taken."""
    for version in (1, 2):
        versions.push(tmp_path / "toy", version)
    file = ensure_config(tmp_path)
    assert file is not None
    config = model_server_config_pb2.ModelServerConfig()
    add_model(config, "toy", tmp_path / "toy", versions=[1, 2])
    with launch(tmp_path, backend="embedded") as server:
        client = Client(server.address, server.rest_address)
        before = server.labelled("toy", "stable")
        nul = str(config).replace("/toy", r"/\000toy")
        for bad, reason in ((NESTED, "nested too deep"), (nul, "no path holds a null byte")):
            _replace(file, bad)
            wait_for(lambda reason=reason: reason in server.log_tail(1000), f"word of {reason}")
            assert client.reply(spec("toy", label="stable")) == f"v{before}:x"
        _replace(file, str(config))
        wait_for(lambda: server.versions("toy") == {1: "AVAILABLE", 2: "AVAILABLE"}, "both versions")
        other = 1 if before == 2 else 2
        config.model_config_list.config[0].version_labels["stable"] = other
        _replace(file, str(config))
        wait_for(lambda: server.labelled("toy", "stable") == other, "the label's move")
        client.close()


def test_what_is_nested_too_deep_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "models.config").write_text(NESTED)
    with pytest.raises(FlagFileError, match="nested too deep"):
        read_model_config(tmp_path / "models.config")


def test_no_error_ends_the_polling_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "models.config"
    file.write_text("model_config_list {}")
    server = main.Server(
        parse([f"--model_config_file={file}", "--model_config_file_poll_wait_seconds=0.01"]),
    )
    answers = iter([RuntimeError("odd")] * 3)
    recovered = threading.Event()

    def read(path: Path) -> model_server_config_pb2.ModelServerConfig:
        if (error := next(answers, None)) is not None:
            raise error
        recovered.set()
        return read_model_config(path)

    monkeypatch.setattr(main, "read_model_config", read)
    polling = threading.Thread(target=server._poll_config)
    polling.start()
    try:
        assert recovered.wait(30)
    finally:
        server._stopping.set()
        polling.join()
        server._core.stop(30)
    said = [record.getMessage() for record in caplog.records]
    assert said == ["keeping the configuration before: RuntimeError('odd')"]


def test_no_error_ends_the_polling_of_versions(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One model's does not keep the others from being looked at, either."""
    (tmp_path / "good" / "1").mkdir(parents=True)
    looked, failed, healed = threading.Event(), threading.Event(), threading.Event()
    failures = iter(range(3))

    def aspire(name: str, versions: Mapping[int, Path]) -> None:
        if name == "odd":
            if next(failures, None) is not None:
                raise RuntimeError("can't start new thread")
            healed.set()
        elif failed.is_set() and versions:
            looked.set()

    source = FileSystemSource(aspire, 0.01)
    try:
        source.monitor(
            {
                "nul": Monitored(tmp_path / "a\0b", POLICY),
                "odd": Monitored(tmp_path / "good", POLICY),
                "good": Monitored(tmp_path / "good", POLICY),
            }
        )
        failed.set()
        assert looked.wait(30)
        assert healed.wait(30)
    finally:
        source.stop()
    nul, odd = (record.getMessage() for record in caplog.records)
    # What is embedded, each Python says in words of its own.
    assert re.fullmatch(r"cannot look for versions of nul: ValueError\('.*embedded null .*'\)", nul)
    assert odd == 'cannot look for versions of odd: RuntimeError("can\'t start new thread")'
