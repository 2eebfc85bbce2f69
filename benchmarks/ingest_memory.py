"""Time and peak memory of ingestion, cleaning and statistics, at 1 and at 50 times the size of a corpus.

The large corpus repeats the small one with noise (words dropped and swapped), so that most of its pairs are
distinct. Each measurement runs in a fresh process.

    python -m benchmarks.ingest_memory --times 1 --times 50
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.memory import in_fresh_process, peak_mib

MULTI30K = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "multi30k-en-de"
_EMBEDDED_PAIRS = 29_000
_DEV_PAIRS = 1_000


def small_corpus(folder: Path) -> list[tuple[str, str]]:
    """Multi30k's training pairs, or as many of the embedded corpus where it is not here."""
    sources, targets = folder / "train.en.gz", folder / "train.de.gz"
    if sources.exists():
        with (
            gzip.open(sources, "rt", encoding="utf-8") as left,
            gzip.open(targets, "rt", encoding="utf-8") as right,
        ):
            return [(source.strip(), target.strip()) for source, target in zip(left, right, strict=True)]
    from grammar import generate

    made = generate(_EMBEDDED_PAIRS, seed=1)
    return [(pair.source, pair.target) for pair in (*made.train, *made.dev, *made.test)]


def _noisy(text: str, chance: random.Random) -> str:
    words = text.split()
    at = chance.randrange(len(words))
    if chance.random() < 0.5 and len(words) > 3:
        del words[at]
    else:
        words[0], words[at] = words[at], words[0]
    return " ".join(words)


def repeated(pairs: list[tuple[str, str]], times: int) -> Iterator[tuple[str, str]]:
    """The pairs, and so many times less one with noise."""
    yield from pairs
    chance = random.Random(1)
    for _ in range(times - 1):
        for source, target in pairs:
            yield _noisy(source, chance), _noisy(target, chance)


def _write(folder: Path, name: str, pairs: Iterator[tuple[str, str]]) -> dict[str, str]:
    paths = {side: str(folder / f"{name}.{side}.gz") for side in ("source", "target")}
    with (
        gzip.open(paths["source"], "wt", encoding="utf-8", compresslevel=1) as sources,
        gzip.open(paths["target"], "wt", encoding="utf-8", compresslevel=1) as targets,
    ):
        for source, target in pairs:
            sources.write(source + "\n")
            targets.write(target + "\n")
    return paths


def _measure(corpus: dict[str, dict[str, str]], folder: str) -> list[tuple[str, float, float]]:
    """Run the three components one after the other; for each its seconds and the peak RSS up to then in
    MiB."""
    from tfx.components import StatisticsGen
    from tfx.orchestration import metadata
    from tfx.orchestration import pipeline as tfx_pipeline
    from tfx.orchestration.local.local_dag_runner import LocalDagRunner

    from pipeline.config import RunConfig
    from pipeline.steps.clean.component import Cleaner
    from pipeline.steps.ingest.component import CorpusExampleGen
    from pipeline.steps.validate.statistics import statistics_options

    config = RunConfig.model_validate(
        {
            "name": "memory",
            "languages": {"source": "en", "target": "de"},
            "corpora": [{"name": "noisy", "format": "pairs", **corpus}],
        }
    )

    def run(number_of_components: int) -> None:
        ingest = CorpusExampleGen(config)
        clean = Cleaner(examples=ingest.outputs["examples"], config=config)
        statistics = StatisticsGen(
            examples=clean.outputs["cleaned_examples"], stats_options=statistics_options()
        )
        LocalDagRunner().run(
            tfx_pipeline.Pipeline(
                pipeline_name="memory",
                pipeline_root=folder,
                components=[ingest, clean, statistics][:number_of_components],
                enable_cache=True,
                metadata_connection_config=metadata.sqlite_metadata_connection_config(
                    f"{folder}/metadata.sqlite"
                ),
                beam_pipeline_args=["--runner=FnApiRunner", "--sdk_container_image=unused"],
            )
        )

    figures = [("imports", 0.0, peak_mib())]
    for number, name in enumerate(("ingest", "clean", "statistics"), start=1):
        begin = time.monotonic()
        run(number)  # what was done before comes from the cache
        figures.append((name, time.monotonic() - begin, peak_mib()))
    return figures


def main() -> None:
    """Print a table, and with --json the same as one JSON document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, action="append", help="sizes, as multiples (default: 1 and 50)")
    parser.add_argument(
        "--corpus", type=Path, default=MULTI30K, help="folder with train.en.gz and train.de.gz"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    pairs = small_corpus(options.corpus)
    rows = []
    for times in options.times or [1, 50]:
        with tempfile.TemporaryDirectory() as folder:
            corpus = {
                "train": _write(Path(folder), "train", repeated(pairs[: -2 * _DEV_PAIRS], times)),
                "dev": _write(Path(folder), "dev", iter(pairs[-2 * _DEV_PAIRS : -_DEV_PAIRS])),
                "test": _write(Path(folder), "test", iter(pairs[-_DEV_PAIRS:])),
            }
            for component, seconds, peak in in_fresh_process(_measure, corpus, f"{folder}/root"):
                size = (len(pairs) - 2 * _DEV_PAIRS) * times
                rows.append(
                    {
                        "pairs": size,
                        "component": component,
                        "seconds": round(seconds, 1),
                        "peak_mib": round(peak),
                    }
                )
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'pairs':>10}  {'component':<10}  {'seconds':>8}  {'peak MiB':>8}")
    for row in rows:
        print(f"{row['pairs']:>10}  {row['component']:<10}  {row['seconds']:>8}  {row['peak_mib']:>8}")


if __name__ == "__main__":
    main()
