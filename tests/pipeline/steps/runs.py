"""Runs components of ours under the LocalDagRunner, in a temporary folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfx.orchestration import metadata
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.local.local_dag_runner import LocalDagRunner

from pipeline.config import RunConfig
from pipeline.config.engine import beam_arguments
from pipeline.examples.shards import Pair, read_batches, shards
from pipeline.examples.tasks import Ingestion
from pipeline.steps.clean.component import Cleaner
from pipeline.steps.ingest.window import ingestion
from pipeline.steps.validate.component import validation


def config(*corpora: dict[str, Any], **sections: Any) -> RunConfig:
    """A run from English to German."""
    languages = {"source": "en", "target": "de"}
    return RunConfig.model_validate(
        {"name": "t", "languages": languages, "corpora": list(corpora), **sections}
    )


def pair_corpus(folder: Path, name: str = "c", **splits: list[tuple[str, str]]) -> dict[str, Any]:
    """Line-aligned files for each split, and the corpus that names them."""
    corpus: dict[str, Any] = {"name": name, "format": "pairs"}
    for split, pairs in splits.items():
        paths = {}
        for side, texts in zip(("source", "target"), zip(*pairs, strict=True), strict=True):
            path = folder / f"{name}.{split}.{side}"
            path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
            paths[side] = str(path)
        corpus[split] = paths
    return corpus


def run(
    run_config: RunConfig,
    root: Path,
    *,
    clean: bool = False,
    validate: bool = False,
    parts: Sequence[Ingestion] = (),
) -> None:
    """Ingest, all or the parts, and if asked for validate and clean."""
    components: list[Any] = ingestion(run_config, parts)
    ingest = components[-1]
    if validate:
        components += validation(ingest.outputs["examples"], run_config)
    if clean:
        components.append(Cleaner(examples=ingest.outputs["examples"], config=run_config))
    LocalDagRunner().run(
        tfx_pipeline.Pipeline(
            pipeline_name="t",
            pipeline_root=str(root),
            components=components,
            enable_cache=True,
            metadata_connection_config=metadata.sqlite_metadata_connection_config(
                str(root / "metadata.sqlite")
            ),
            beam_pipeline_args=beam_arguments(run_config.beam),
        )
    )


def artifacts(root: Path, component: str, output: str) -> list[Path]:
    """Folders of an output, oldest first: one for each execution that was not answered from the cache."""
    return sorted((root / component / output).glob("*"), key=lambda path: int(path.name))


def examples(
    root: Path, split: str, component: str = "CorpusExampleGen", output: str = "examples"
) -> list[Pair]:
    """The newest examples of a split, in order."""
    folder = artifacts(root, component, output)[-1] / f"Split-{split}"
    return [pair for path in shards(str(folder)) for batch in read_batches(path) for pair in batch.pairs()]


def cleaned(root: Path, split: str) -> list[Pair]:
    """The newest cleaned examples of a split, in order."""
    return examples(root, split, "Cleaner", "cleaned_examples")
