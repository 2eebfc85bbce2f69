"""The serving check: a model server in another process loads the candidate and answers as the trainer's
search does.

It stands where TFX's InfraValidator stands, which knows only Docker and Kubernetes; where Docker is used,
InfraValidator runs before it and its blessing comes in here.

| channel | artifact | content |
|---|---|---|
| in `model` | Model | the candidate, an exported SavedModel |
| in `model_run` | ModelRun | the trainer's translator, whose search says what is expected |
| in `examples` | Examples | canary sentences are drawn from the split `dev` |
| in `infra_blessing` (optional) | InfraBlessing | of TFX's InfraValidator |
| out `blessing` | InfraBlessing | `INFRA_BLESSED` or `INFRA_NOT_BLESSED`, as TFX's Pusher reads it, and
`check.json` |
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.util import model_utils
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, component_spec, standard_artifacts
from tfx.utils import path_utils

from contracts.card import EXTRA, TRANSLATOR
from contracts.settings import effective_json
from pipeline.code import uses
from pipeline.config import ServingCheckConfig
from pipeline.examples.probes import SPLIT, draw_probes
from pipeline.steps.check.result import FILE_NAME, CheckResult, ProbeAnswer
from pipeline.steps.push.warmup import write_warmup
from pipeline.workspace.trees import link_tree
from serving.backends import BackendName
from serving.client import Client
from serving.errors import ServingError
from serving.launch import LaunchOptions, launch
from trainer.config import SearchConfig

_MODEL_NAME = "candidate"
_ANSWER = 300.0  # seconds; the trainer's search may be using the same cores


class ServingCheckSpec(component_spec.ComponentSpec):
    """Channels and parameters of the serving check."""

    PARAMETERS = {  # noqa: RUF012
        "config": component_spec.ExecutionParameter(type=str),
        "search": component_spec.ExecutionParameter(type=str),
    }
    INPUTS = {  # noqa: RUF012
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "model_run": component_spec.ChannelParameter(type=standard_artifacts.ModelRun),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "infra_blessing": component_spec.ChannelParameter(
            type=standard_artifacts.InfraBlessing, optional=True
        ),
    }
    OUTPUTS = {  # noqa: RUF012
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing)
    }


class Executor(base_executor.BaseExecutor):
    """Launches, asks, compares. A server that does not load or answer is a result, not an error."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Check the candidate."""
        config = ServingCheckConfig.model_validate_json(exec_properties["config"])
        model = artifact_utils.get_single_instance(input_dict["model"])
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        folder = Path(blessing.uri)
        infra = input_dict.get("infra_blessing")
        if infra and not model_utils.is_infra_validated(artifact_utils.get_single_instance(infra)):
            result = CheckResult(
                passed=False,
                reason="TFX's InfraValidator could not load it in TensorFlow Serving's image",
                backend="docker",
                load_seconds=None,
                answers=(),
            )
        else:
            asked = draw_probes(artifact_utils.get_split_uris(input_dict["examples"], SPLIT), config)
            sources, languages = [probe.source for probe in asked], [probe.language for probe in asked]
            translator = Path(artifact_utils.get_single_uri(input_dict["model_run"])) / TRANSLATOR
            search = SearchConfig.model_validate_json(exec_properties["search"])
            saved_model = Path(path_utils.serving_model_path(model.uri))
            result = check(
                saved_model,
                sources,
                lambda: _expected(translator, sources, search, languages),
                config.backend,
                folder,
                languages,
            )
        (folder / FILE_NAME).write_text(result.model_dump_json(indent=2), encoding="utf-8")
        (folder / ("INFRA_BLESSED" if result.passed else "INFRA_NOT_BLESSED")).touch()
        blessing.set_int_custom_property("blessed", int(result.passed))


class ServingCheck(base_component.BaseComponent):
    """See the table of channels above."""

    SPEC_CLASS = ServingCheckSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model: types.BaseChannel,
        model_run: types.BaseChannel,
        examples: types.BaseChannel,
        config: ServingCheckConfig,
        search: SearchConfig,
        infra_blessing: types.BaseChannel | None = None,
        programs: Sequence[str] = (),
    ) -> None:
        """`programs`: see `pipeline.code`."""
        spec = ServingCheckSpec(
            model=model,
            model_run=model_run,
            examples=examples,
            infra_blessing=infra_blessing,
            config=effective_json(config),
            search=effective_json(search),
            blessing=types.Channel(type=standard_artifacts.InfraBlessing),
        )
        super().__init__(spec=spec)
        uses(self, search)
        self.programs = programs


def check(
    saved_model: Path,
    sources: list[str],
    expected: Callable[[], list[str]],
    backend: BackendName,
    folder: Path,
    languages: Sequence[str] = (),
) -> CheckResult:
    """Serve the SavedModel from links in `folder`, and compare its translations with the expected ones, which
    are worked out while the server loads.

    Args:
        languages: that of each translation, of a model of several directions.
    """
    with ThreadPoolExecutor(1) as pool:
        # The server in this thread, which Ctrl-C reaches: it is stopped at once then.
        expecting = pool.submit(expected)
        served = _serve(saved_model, sources, languages or [""] * len(sources), backend, folder)
        wanted_texts = expecting.result()
    if served.refusal:
        return CheckResult(
            passed=False,
            reason=served.refusal,
            backend=served.backend,
            load_seconds=served.seconds,
            answers=(),
        )
    answers = tuple(
        ProbeAnswer(source=source, expected=wanted, answered=given)
        for source, wanted, given in zip(sources, wanted_texts, served.texts, strict=True)
    )
    wrong = [answer for answer in answers if answer.answered != answer.expected]
    reason = "the server answers as the trainer's search does"
    if wrong:
        reason = (
            f"{len(wrong)} of {len(answers)} translations differ from the trainer's search: "
            f"{wrong[0].source!r} became {wrong[0].answered!r}, not {wrong[0].expected!r}"
        )
    return CheckResult(
        passed=not wrong, reason=reason, backend=served.backend, load_seconds=served.seconds, answers=answers
    )


@dataclass
class _Served:
    """What came of serving: translations, or why there are none."""

    backend: str
    seconds: float | None = None
    texts: tuple[str, ...] = ()
    refusal: str = ""


def _serve(
    saved_model: Path, sources: list[str], languages: Sequence[str], backend: BackendName, folder: Path
) -> _Served:
    started = time.monotonic()
    served = _Served(backend)
    try:
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            versions = Path(temporary) / _MODEL_NAME
            link_tree(saved_model, versions / "1")
            extra = versions / "1" / EXTRA
            extra.mkdir(exist_ok=True)
            write_warmup(saved_model, _MODEL_NAME, sources, extra, languages)
            with launch(versions, backend=backend, options=LaunchOptions(bound=True)) as server:
                served.seconds, served.backend = time.monotonic() - started, server.backend
                texts = [""] * len(sources)
                for language in dict.fromkeys(languages):
                    rows = [row for row, wanted in enumerate(languages) if wanted == language]
                    answers = _ask(server.address, [sources[row] for row in rows], language)
                    for row, answer in zip(rows, answers, strict=True):
                        texts[row] = answer
                served.texts = tuple(texts)
    except ServingError as error:
        served.refusal = " ".join(str(error).split())
    return served


def _ask(address: str, sources: list[str], language: str) -> list[str]:
    """The server's translations of rows as they are: the trainer's search does not split them."""
    to = language or None
    with Client(address, model=_MODEL_NAME, label=None, deadline=_ANSWER, split=False, to=to) as client:
        return [translation.text for translation in client.translate(sources)]


def _expected(
    translator: Path, sources: list[str], search: SearchConfig, languages: Sequence[str]
) -> list[str]:
    """What the trainer's own search makes of the sources."""
    from trainer.export import translate
    from trainer.lexicon import load_lexicon
    from trainer.store import load_translator

    stored, vocabulary = load_translator(translator)
    translations = translate(stored, vocabulary, sources, search, languages, load_lexicon(translator))
    return [translation.text for translation in translations]
