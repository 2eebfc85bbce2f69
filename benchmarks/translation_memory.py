"""Time and peak memory of the step `translate` by the number of sentences, with a tiny translator of random
weights. Each measurement runs in a fresh process.

    python -m benchmarks.translation_memory --sentences 5000 --sentences 50000
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.memory import in_fresh_process, peak_mib

_VOCABULARY = 2000
_PIECES = 12
"""A translation's, at the most."""


def _export(folder: Path) -> None:
    """A SavedModel as the Trainer puts it out."""
    import keras

    from grammar import generate
    from trainer.config import SearchConfig, VocabularyConfig
    from trainer.export import export_translator
    from trainer.models.base import ArchitectureConfig
    from trainer.models.build import build_translator
    from trainer.vocabulary import learn_vocabulary

    pairs = generate(2000, seed=1).train
    config = VocabularyConfig(size=_VOCABULARY)
    sources, targets = (pair.source for pair in pairs), (pair.target for pair in pairs)
    vocabulary = learn_vocabulary(config, sources, targets)
    sizes = vocabulary.source_size, vocabulary.target_size
    keras.utils.set_random_seed(1)
    # With tied embeddings random weights say the start again and again, which is no text.
    shape = {"architecture": "transformer", "preset": "tiny", "tied_embeddings": False}
    model = ArchitectureConfig.stored(shape)
    translator = build_translator(model, *sizes, shared=vocabulary.shared)
    export_translator(translator, vocabulary, SearchConfig(beams=1, max_target_length=_PIECES), folder)


def _write(folder: Path, sentences: int) -> None:
    """A split of so many of the embedded corpus's sentences."""
    from grammar import generate
    from pipeline.examples.shards import Pair, ShardWriter

    made = generate(sentences + sentences // 4, seed=1)
    with ShardWriter(str(folder / "Split-train"), "data") as writer:
        for line, pair in enumerate(made.train[:sentences], start=1):
            writer.write(Pair(pair.source.encode(), pair.target.encode(), b"embedded", line))


def _measure(folder: Path, model: Path) -> tuple[float, float, float]:
    """The seconds of the step, and the peak RSS in MiB with the model loaded and at the end."""
    from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
    from tfx.types import artifact_utils, standard_artifacts

    from pipeline.config.engine import BeamConfig, beam_arguments
    from pipeline.steps.translate.component import Executor
    from pipeline.steps.translate.exported import ExportedModel
    from pipeline.steps.translate.settings import TranslateSettings

    ExportedModel(model)
    loaded = peak_mib()
    examples, translated = standard_artifacts.Examples(), standard_artifacts.Examples()
    examples.uri, translated.uri = str(folder), str(folder / "out")
    examples.split_names = artifact_utils.encode_split_names(["train"])
    stored = standard_artifacts.Model()
    stored.uri = str(model)
    context = BaseBeamExecutor.Context(
        beam_pipeline_args=beam_arguments(BeamConfig()), tmp_dir=str(folder), unique_id="1"
    )
    began = time.monotonic()
    Executor(context).Do(
        {"examples": [examples], "model": [stored]},
        {"translated_examples": [translated]},
        {"settings": TranslateSettings().model_dump_json(), "work": str(folder / "work")},
    )
    return time.monotonic() - began, loaded, peak_mib()


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sentences", type=int, action="append", help="sizes of the corpus (default: 5000 and 50000)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        _export(model)
        print(f"{'sentences':>10}  {'seconds':>8}  {'MiB, loaded':>12}  {'peak MiB':>8}")
        for sentences in options.sentences or [5000, 50_000]:
            corpus = Path(folder) / str(sentences)
            _write(corpus, sentences)
            seconds, loaded, peak = in_fresh_process(_measure, corpus, model)
            print(f"{sentences:>10}  {seconds:>8.1f}  {loaded:>12.0f}  {peak:>8.0f}", flush=True)


if __name__ == "__main__":
    main()
