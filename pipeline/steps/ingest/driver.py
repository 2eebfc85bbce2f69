"""Decides whether a corpus must be read again: resolves `{SPAN}` and `{VERSION}`, and fingerprints every
file.

TFX's own fingerprint knows sizes and seconds of modification times; ours is a digest of the content, so that
neither an edit within a second is missed nor a mere `touch` trains a model anew.
"""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Iterable

from tfx.components.example_gen import driver, input_processor, utils
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2, range_config_pb2

from pipeline.errors import ConfigurationError, DataError

_CHUNK_BYTES = 1 << 20


class CorpusInputProcessor(input_processor.InputProcessor):
    """Spans are resolved corpus by corpus, so that a fixed dev set can stand beside a training set that
    grows."""

    def __init__(
        self,
        input_base: str,
        files: Iterable[example_gen_pb2.Input.Split],
        range_config: range_config_pb2.RangeConfig | None = None,
    ) -> None:
        super().__init__(splits=files, range_config=range_config)
        self._input_base = input_base
        self._resolved: dict[str, str] = {}

    def resolve_span_and_version(self) -> tuple[int, int | None]:
        """The highest span of the run, with its version (0 and None without spans); keeps the path of each
        pattern.

        Raises DataError if files of one corpus disagree about the newest span, or any file is missing.
        """
        patterned: dict[str, list[example_gen_pb2.Input.Split]] = {}
        for file in self._splits:
            if any(_has_specs(file)):
                patterned.setdefault(file.name.rsplit("/", 2)[0], []).append(copy.deepcopy(file))
            self._resolved[file.pattern] = file.pattern
        newest: tuple[int, int | None] = (0, None)
        for corpus, files in patterned.items():
            resolved = {file.pattern: self._resolve(corpus, file) for file in files}
            if len(set(resolved.values())) > 1:
                newest_of = ", ".join(f"{pattern}: {_named(*value)}" for pattern, value in resolved.items())
                raise DataError(
                    f"corpus `{corpus}`: its files have different newest spans ({newest_of}); "
                    "add the missing file or remove the incomplete span"
                )
            newest = max(newest, next(iter(resolved.values())), key=lambda value: (value[0], value[1] or -1))
        self._refuse_missing()
        return newest

    def _resolve(self, corpus: str, file: example_gen_pb2.Input.Split) -> tuple[int, int | None]:
        pattern = file.pattern
        try:
            _, span, version = utils.calculate_splits_fingerprint_span_and_version(
                self._input_base, [file], self._range_config
            )
        except ValueError as error:
            raise DataError(
                f"corpus `{corpus}`: no file matches {pattern} ({error}); correct the path or add the files"
            ) from error
        self._resolved[pattern] = file.pattern  # TFX has put the numbers into it
        return span, version

    def _refuse_missing(self) -> None:
        paths = sorted(set(map(self._path, self._resolved.values())))
        wrong = {
            "corpus files do not exist": [path for path in paths if not fileio.exists(path)],
            "folders, not corpus files": [path for path in paths if fileio.isdir(path)],
        }
        for what, places in wrong.items():
            if places:
                raise DataError(f"{what}: {', '.join(places)}; correct the paths in the run's configuration")

    def _path(self, pattern: str) -> str:
        return os.path.join(self._input_base, pattern)

    def get_pattern_for_span_version(self, pattern: str, span: int, version: int | None) -> str:  # noqa: ARG002
        """The path that a pattern stands for; spans may differ between corpora, so the arguments do not
        decide."""
        return self._path(self._resolved[pattern])

    def get_latest_span(self) -> int:
        """The highest span of the run."""
        return self.resolve_span_and_version()[0]

    def get_input_fingerprint(self, span: int, version: int | None) -> str:  # noqa: ARG002
        """Name and digest of every file, in the order of the configuration."""
        paths = [(file.name, self._path(self._resolved[file.pattern])) for file in self._splits]
        return "\n".join(f"{name}:{_digest(path)}" for name, path in paths) or "no files"


class CorpusDriver(driver.FileBasedDriver):
    """TFX's driver with our reading of spans and our fingerprint."""

    def get_input_processor(
        self,
        splits: Iterable[example_gen_pb2.Input.Split],
        range_config: range_config_pb2.RangeConfig | None = None,
        input_base_uri: str | None = None,
    ) -> CorpusInputProcessor:
        """The processor of this run's files."""
        assert input_base_uri is not None
        return CorpusInputProcessor(input_base_uri, splits, range_config)


def _has_specs(file: example_gen_pb2.Input.Split) -> tuple[bool, bool, bool]:
    try:
        specs: tuple[bool, bool, bool] = utils.verify_split_pattern_specs(file)
    except ValueError as error:
        raise ConfigurationError(f"corpus file `{file.pattern}`: {error}") from error
    return specs


def _named(span: int, version: int | None) -> str:
    return f"span {span}" if version is None else f"span {span} version {version}"


def _digest(path: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with fileio.open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
