"""Ingestion and cleaning against OpusFilter, with the same filters on the same pairs, in turn.

The pairs are Multi30k's, repeated with noise. OpusFilter is in an environment of its own:

    python3 -m venv /tmp/peer && /tmp/peer/bin/pip install opusfilter
    python -m benchmarks.ingestion --opusfilter /tmp/peer/bin/python

Both are timed without their imports, Dragoman with all that TFX and Beam do around its work. How much that
is, and where the rest goes, the same work done without them and a profile of it say.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import multiprocessing
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from benchmarks.ingest_memory import MULTI30K, repeated, small_corpus
from benchmarks.machine import circumstances, facts, refuse_when_busy
from benchmarks.report import Panel, Report, add_options, tell

_HELD_OUT = 1_000
"""Pairs of each of dev and test, which Dragoman has to have."""
_FUNCTIONS = 15
"""That the profile names."""
CLEANING = {
    "repair_unicode": False,
    "drop_other_language": False,
    "max_other_language": None,
}
"""What OpusFilter is not asked for, either; the other filters are on."""
# In OpusFilter's words (https://helsinki-nlp.github.io/OpusFilter), in the order of ours.
_FILTERS: list[dict[str, Any]] = [
    {"LengthFilter": {"unit": "word", "min_length": 1, "max_length": 150}},
    {"LongWordFilter": {"threshold": 151}},
    {"SimilarityFilter": {"threshold": 1.0}},
    {"LengthRatioFilter": {"unit": "char", "threshold": 4}},
    {"CharacterScoreFilter": {"scripts": ["Latin", "Latin"], "thresholds": [0.5, 0.5]}},
    {"NonZeroNumeralsFilter": {"threshold": 0.5}},
]
_PEER = """
import json, logging, sys, time
from importlib.metadata import version
from opusfilter.opusfilter import OpusFilter
logging.disable(logging.INFO)
work = OpusFilter(json.loads(sys.argv[1]))
began = time.perf_counter()
work.execute_steps(overwrite=True)
print(json.dumps({"seconds": time.perf_counter() - began, "version": version("opusfilter")}))
"""


def _write(folder: Path, name: str, pairs: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Two plain files."""
    paths = {side: str(folder / f"{name}.{side}") for side in ("source", "target")}
    with (
        open(paths["source"], "w", encoding="utf-8") as sources,
        open(paths["target"], "w", encoding="utf-8") as targets,
    ):
        for source, target in pairs:
            sources.write(source + "\n")
            targets.write(target + "\n")
    return paths


def _configuration(corpus: dict[str, dict[str, str]], cleaning: dict[str, Any]) -> Any:
    from pipeline.config import RunConfig

    return RunConfig.model_validate(
        {
            "name": "ingestion",
            "languages": {"source": "en", "target": "de"},
            "corpora": [{"name": "noisy", "format": "pairs", **corpus}],
            "cleaning": cleaning,
        }
    )


def run_components(
    corpus: dict[str, dict[str, str]], cleaning: dict[str, Any], folder: str
) -> dict[str, Any]:
    """Ingest and clean as a run does; seconds of both together, and the pairs that are left."""
    from tfx.orchestration import metadata
    from tfx.orchestration import pipeline as tfx_pipeline
    from tfx.orchestration.local.local_dag_runner import LocalDagRunner

    from pipeline.config.engine import beam_arguments
    from pipeline.steps.clean.component import Cleaner
    from pipeline.steps.clean.report import read_cleaning_report
    from pipeline.steps.ingest.component import CorpusExampleGen

    config = _configuration(corpus, cleaning)
    ingest = CorpusExampleGen(config)
    clean = Cleaner(examples=ingest.outputs["examples"], config=config)
    assembled = tfx_pipeline.Pipeline(
        pipeline_name="ingestion",
        pipeline_root=folder,
        components=[ingest, clean],
        metadata_connection_config=metadata.sqlite_metadata_connection_config(f"{folder}/metadata.sqlite"),
        beam_pipeline_args=beam_arguments(config.beam),
    )
    began = time.perf_counter()
    LocalDagRunner().run(assembled)
    seconds = time.perf_counter() - began
    (report,) = Path(folder, "Cleaner", "cleaning_report").iterdir()
    return {"seconds": seconds, "kept": read_cleaning_report(str(report)).total("train")}


def run_passes(
    corpus: dict[str, dict[str, str]], cleaning: dict[str, Any], folder: str, profiled: bool
) -> dict[str, Any]:
    """The same work without TFX and Beam: seconds of each pass; `profiled`: the share of each function."""
    from pipeline.examples.shards import shards
    from pipeline.examples.tasks import IngestPlan
    from pipeline.steps.clean import executor as cleaning_passes
    from pipeline.steps.clean.fingerprints import later_places
    from pipeline.steps.ingest.executor import ReadAndWrite

    config = _configuration(corpus, cleaning)
    plan = IngestPlan(corpora=config.corpora, languages=config.languages, ingest=config.ingest)
    clean_plan = cleaning_passes.CleanPlan(languages=config.languages, cleaning=config.cleaning)
    splits = {split: f"{folder}/{split}" for split in ("train", "dev", "test")}
    seconds = {}
    profile = cProfile.Profile() if profiled else nullcontext()
    with profile:
        began = time.perf_counter()
        reading = ReadAndWrite(plan, splits)
        for task in plan.tasks():
            list(reading.process(task))
        seconds["ingest"] = time.perf_counter() - began
        began = time.perf_counter()
        places = [(split, path) for split, place in splits.items() for path in shards(place)]
        todo = [
            cleaning_passes.Shard(number, split, path, f"{folder}/cleaned-{split}")
            for number, (split, path) in enumerate(places)
        ]
        train = [shard for shard in todo if shard.split == "train"]
        packed: dict[int, list[bytes]] = {}
        pairs_pass = cleaning_passes.FingerprintPairs(clean_plan)
        for bucket, records in (item for shard in train for item in pairs_pass.process(shard)):
            packed.setdefault(bucket, []).append(records)
        duplicates = [later_places(records) for records in packed.values()]
        sources_pass = cleaning_passes.FingerprintSources(clean_plan)
        held_out = [prints for shard in todo[len(train) :] for prints in sources_pass.process(shard)]
        seconds["find duplicates and leaks"] = time.perf_counter() - began
        began = time.perf_counter()
        cleaner = cleaning_passes.CleanShard(clean_plan)
        for shard in todo:
            list(cleaner.process(shard, duplicates, held_out))
        seconds["clean"] = time.perf_counter() - began
    if not isinstance(profile, cProfile.Profile):
        return {"seconds": seconds}
    return {"shares": _shares(pstats.Stats(profile))}


def _shares(profile: pstats.Stats) -> dict[str, float]:
    """The functions with most time of their own, by name, as shares of all."""
    rows: list[tuple[float, str]] = []
    for (file, _, name), (_, _, own, _, _) in profile.stats.items():  # type: ignore[attr-defined]
        place = "/".join(Path(file).with_suffix("").parts[-2:]) if file != "~" else ""
        rows.append((own, f"{place} {name}".strip()))
    whole = sum(own for own, _ in rows)
    return {name: round(own / whole, 3) for own, name in sorted(rows, reverse=True)[:_FUNCTIONS]}


def run_opusfilter(python: str, train: dict[str, str], folder: str, jobs: int) -> dict[str, Any]:
    """OpusFilter's seconds, its version and the pairs that are left."""
    once = [f"{folder}/once.source", f"{folder}/once.target"]
    left = [f"{folder}/left.source", f"{folder}/left.target"]
    config = {
        "common": {"output_directory": folder, "default_n_jobs": jobs},
        "steps": [
            {
                "type": "remove_duplicates",
                "parameters": {"inputs": [train["source"], train["target"]], "outputs": once},
            },
            {"type": "filter", "parameters": {"inputs": once, "outputs": left, "filters": _FILTERS}},
        ],
    }
    done = subprocess.run(
        [python, "-c", _PEER, json.dumps(config)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"OpusFilter failed: {done.stderr.strip()[-2000:]}")
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    with open(left[0], encoding="utf-8") as file:
        return {**facts, "kept": sum(1 for _ in file)}


def in_fresh_process(work: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
    """What it returns."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All that there is to tell."""
    pairs = small_corpus(options.corpus)
    held_out, small = pairs[-2 * _HELD_OUT :], pairs[: -2 * _HELD_OUT]
    corpus = {
        "train": _write(folder, "train", repeated(small, options.times)),
        "dev": _write(folder, "dev", iter(held_out[:_HELD_OUT])),
        "test": _write(folder, "test", iter(held_out[_HELD_OUT:])),
    }
    jobs = [1, 2] if options.opusfilter else []
    ours, all_filters, peers = [], [], {number: [] for number in jobs}
    for number in range(options.repeat):
        place = str(folder / f"work-{number}")
        ours.append(in_fresh_process(run_components, corpus, CLEANING, f"{place}-ours"))
        all_filters.append(in_fresh_process(run_components, corpus, {}, f"{place}-all"))
        for count in jobs:
            Path(f"{place}-peer-{count}").mkdir()
            peer = run_opusfilter(options.opusfilter, corpus["train"], f"{place}-peer-{count}", count)
            peers[count].append(peer)
    bare = in_fresh_process(run_passes, corpus, CLEANING, str(folder / "bare"), False)
    profile = in_fresh_process(run_passes, corpus, CLEANING, str(folder / "profile"), True)
    rows = {"Dragoman": ours, "Dragoman, all filters": all_filters}
    rows |= {f"OpusFilter {peers[count][0]['version']}, jobs {count}": peers[count] for count in jobs}
    return {
        "pairs": len(small) * options.times,
        "rows": {
            name: {
                "seconds": round(statistics.median(run["seconds"] for run in runs), 2),
                "kept": runs[0]["kept"],
            }
            for name, runs in rows.items()
        },
        "passes": {name: round(seconds, 2) for name, seconds in bare["seconds"].items()},
        "profile": profile["shares"],
    }


def as_report(result: dict[str, Any], machine: dict[str, object]) -> Report:
    """A row for each engine; below it what Dragoman's seconds are made of."""
    rows = result["rows"]
    peers = [row["seconds"] for name, row in rows.items() if name.startswith("OpusFilter")]
    cells = []
    for name, row in rows.items():
        times = f"{min(peers) / row['seconds']:.2f}" if peers else ""
        rate = result["pairs"] / row["seconds"]
        cells.append([name, f"{row['seconds']:.2f}", f"{rate:,.0f}", f"{row['kept']:,}", times])
    return Report(
        name="ingestion",
        head=("", "seconds", "pairs/s", "kept", "OpusFilter's best / this"),
        rows=cells,
        notes=f"{result['pairs']:,} pairs; {circumstances(machine)}\n\n{_parts(result)}",
        figures=machine | result,
        panels=[Panel("pairs/s", {"pairs/s": [result["pairs"] / row["seconds"] for row in rows.values()]})],
    )


def _parts(result: dict[str, Any]) -> str:
    """Two tables in Markdown: Dragoman's seconds, and the functions in which they pass."""
    whole, bare = result["rows"]["Dragoman"]["seconds"], sum(result["passes"].values())
    lines = ["| Dragoman's seconds by part | |", "|---|---|"]
    for name, seconds in (*result["passes"].items(), ("TFX and Beam", whole - bare)):
        lines.append(f"| {name} | {seconds:.2f} |")
    lines += ["", "| functions, of their own | share |", "|---|---|"]
    lines += [f"| `{name}` | {share:.1%} |" for name, share in result["profile"].items()]
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--opusfilter", help="the Python of the environment that OpusFilter is in")
    parser.add_argument("--times", type=int, default=10, help="how often the corpus is repeated")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the median counts")
    parser.add_argument(
        "--corpus", type=Path, default=MULTI30K, help="folder with train.en.gz and train.de.gz"
    )
    add_options(parser)
    options = parser.parse_args()
    machine = facts(refuse_when_busy(options.busy))
    with tempfile.TemporaryDirectory() as folder:
        result = measure(options, Path(folder))
    tell(as_report(result, machine), options.results)


if __name__ == "__main__":
    main()
