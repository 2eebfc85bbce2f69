"""Cleans in two passes over the shards: fingerprints first, which find duplicates and leaks, then scores and
rules.

Each pass reads and writes inside one DoFn, so that what Beam holds between them is 16 bytes a pair.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils

from contracts.directions import Direction
from contracts.examples import TRAIN
from contracts.kinds import add_senders_folders, folders
from contracts.sections import Section
from pipeline.config import CleaningConfig, Languages
from pipeline.errors import DataError
from pipeline.examples.artifact import describe_examples
from pipeline.examples.shards import Pair, PairBatch, ShardWriter, read_batches, shards
from pipeline.steps.clean.alarm import refuse_other_languages
from pipeline.steps.clean.fingerprints import NumberSet, later_places, pack_by_bucket, pair_print, text_print
from pipeline.steps.clean.measures.foreign import find_foreign
from pipeline.steps.clean.report import (
    Changes,
    CleaningReport,
    Rejection,
    count,
    merged,
    read_cleaning_report,
    write_cleaning_report,
)
from pipeline.steps.clean.rules import CleaningReason, Rule, active_rules, first_reason
from pipeline.steps.clean.scores.base import TextPair
from texts.normalisation import normalise
from texts.repair import repair

EXAMPLES_KEY, PLAN_KEY, CLEANED_KEY, REPORT_KEY = "examples", "plan", "cleaned_examples", "cleaning_report"
# A pair's place: its shard in the upper bits, its row there in the lower ones. The corpus and the line would
# not do: several spans of a corpus have the same lines.
_ROW_BITS = 40


class CleanPlan(Section):
    """What the executor needs of the run's configuration; its JSON is part of the cache key."""

    languages: Languages
    cleaning: CleaningConfig
    directions: tuple[Direction, ...] = ()


@dataclass(frozen=True)
class Shard:
    """One file of examples, and the folder that takes what is left of it."""

    index: int
    split: str
    path: str
    cleaned_folder: str

    def batches(self) -> Iterator[tuple[PairBatch, np.ndarray]]:
        """The pairs, in order, with their places: uint64 [N], the same in every pass and nobody else's."""
        place = self.index << _ROW_BITS
        for batch in read_batches(self.path):
            following = place + len(batch.line)
            yield batch, np.arange(place, following, dtype=np.uint64)
            place = following


class _Pass(beam.DoFn):
    """What both passes need."""

    def __init__(self, plan: CleanPlan) -> None:
        self._plan, self._extensions = plan, folders()

    def setup(self) -> None:
        """Once for each worker, which may be on another machine: scores are found there by their names."""
        add_senders_folders(self._extensions)

    def _text(self, side: bytes) -> str:
        """A side as it goes into every split."""
        text = side.decode()
        return normalise(repair(text) if self._plan.cleaning.repair_unicode else text)

    def _languages(self, pair: Pair) -> tuple[str, str]:
        """Its own, where the run has several directions."""
        if pair.target_language:
            return pair.source_language.decode(), pair.target_language.decode()
        return self._plan.languages.source, self._plan.languages.target


class FingerprintPairs(_Pass):
    """A shard of train in; its pairs' fingerprints and places by bucket out."""

    def process(self, shard: Shard) -> Iterable[tuple[int, bytes]]:
        """Read the shard once."""
        prints, places = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
        for batch, stood in shard.batches():
            pairs = zip(batch.source, batch.target, batch.target_language, strict=True)
            prints.append(
                np.array([pair_print(self._text(s), self._text(t), to) for s, t, to in pairs], np.uint64)
            )
            places.append(stood)
        yield from pack_by_bucket(np.concatenate(prints), np.concatenate(places))


class FingerprintSources(_Pass):
    """A shard of dev or test in; its sources' fingerprints out."""

    def process(self, shard: Shard) -> Iterable[bytes]:
        """Read the shard once."""
        for batch in read_batches(shard.path):
            yield np.array([text_print(self._text(source)) for source in batch.source], "<u8").tobytes()


class CleanShard(_Pass):
    """A shard in; its index and report out. What is left of it is written on the way."""

    def __init__(self, plan: CleanPlan) -> None:
        super().__init__(plan)
        self._duplicates: NumberSet | None = None
        self._held_out: NumberSet | None = None
        self._rules: list[Rule] | None = None

    def process(
        self, shard: Shard, duplicates: list[bytes], held_out: list[bytes]
    ) -> Iterable[tuple[int, CleaningReport]]:
        """Clean a shard of train, or only normalise one of dev or test."""
        if self._duplicates is None or self._held_out is None:
            self._duplicates, self._held_out = NumberSet(duplicates), NumberSet(held_out)
            self._rules = active_rules(self._plan.cleaning)
        report = CleaningReport()
        with ShardWriter(shard.cleaned_folder, os.path.basename(shard.path).removesuffix(".gz")) as writer:
            for batch, places in shard.batches():
                if shard.split == TRAIN:
                    repeated = self._duplicates.contain(places).tolist()
                    self._clean(batch, repeated, self._held_out, writer, report)
                else:
                    self._keep_all(batch, shard.split, writer, report)
        yield shard.index, report

    def _clean(
        self,
        batch: PairBatch,
        repeated: list[bool],
        held_out: NumberSet,
        writer: ShardWriter,
        report: CleaningReport,
    ) -> None:
        sources, targets = ([self._text(side) for side in column] for column in (batch.source, batch.target))
        leaking = held_out.contain(np.array([text_print(source) for source in sources], "<u8"))
        if self._plan.directions:
            # The target is a source in the other direction, whose dev and test sentences are no less secret.
            leaking |= held_out.contain(np.array([text_print(target) for target in targets], "<u8"))
        for row, pair in enumerate(batch.pairs()):
            source, target, corpus = sources[row], targets[row], name_corpus(pair)
            texts = TextPair(source, target, *self._languages(pair))
            count(report.before, TRAIN, corpus)
            report.look(TRAIN, corpus, texts.foreign)
            report.lengths_before.add(texts)
            reason = first_reason(texts, self._rules or ())
            if reason is None and leaking[row]:
                reason = CleaningReason.LEAK.value
            if reason is None and repeated[row]:
                reason = CleaningReason.DUPLICATE.value
            if reason is not None:
                report.rejected.setdefault(reason, Rejection()).add(corpus, pair.line, source, target)
                continue
            _keep(pair, source, target, TRAIN, writer, report)
            report.lengths_after.add(texts)

    def _keep_all(self, batch: PairBatch, split: str, writer: ShardWriter, report: CleaningReport) -> None:
        for pair in batch.pairs():
            source, target, corpus = self._text(pair.source), self._text(pair.target), name_corpus(pair)
            count(report.before, split, corpus)
            report.look(split, corpus, find_foreign(source, target, *self._languages(pair)))
            _keep(pair, source, target, split, writer, report)


def name_corpus(pair: Pair) -> str:
    """The corpus of the pair in the report, `news de-en` where there are several directions."""
    return " ".join(filter(None, (pair.corpus.decode(), pair.direction)))


def _keep(
    pair: Pair, source: str, target: str, split: str, writer: ShardWriter, report: CleaningReport
) -> None:
    """Write the pair with its sides as they are now."""
    kept = pair._replace(source=source.encode(), target=target.encode())
    writer.write(kept)
    count(report.after, split, name_corpus(pair))
    report.changed.setdefault(split, Changes()).add(pair[:2], kept[:2])


class CleanExecutor(base_beam_executor.BaseBeamExecutor):
    """Executor of Cleaner."""

    def Do(  # noqa: N802
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write the cleaned examples and the report. Raises DataError if every pair of train is rejected, or
        most of a corpus is in another language."""
        self._log_startup(input_dict, output_dict, exec_properties)
        plan = CleanPlan.model_validate_json(exec_properties[PLAN_KEY])
        examples = artifact_utils.get_single_instance(input_dict[EXAMPLES_KEY])
        cleaned = artifact_utils.get_single_instance(output_dict[CLEANED_KEY])
        report_folder = artifact_utils.get_single_uri(output_dict[REPORT_KEY])
        describe_examples(cleaned, artifact_utils.decode_split_names(examples.split_names))
        cleaned.span = examples.span
        with self._make_beam_pipeline() as pipeline:
            reports = _clean(pipeline, plan, _shards(examples, cleaned))
            _ = reports | "Together" >> beam.combiners.ToList() | "Report" >> beam.Map(_write, report_folder)
        report = read_cleaning_report(report_folder)
        refuse_other_languages(report, plan.languages, plan.cleaning.max_other_language, plan.directions)
        _refuse_empty(report)


def _clean(pipeline: beam.Pipeline, plan: CleanPlan, tasks: list[Shard]) -> beam.PCollection:
    """Reports with the indices of their shards."""
    train = [shard for shard in tasks if shard.split == TRAIN]
    others = [shard for shard in tasks if shard.split != TRAIN]
    duplicates = (
        pipeline
        | "TrainShards" >> beam.Create(train if plan.cleaning.drop_duplicates else [])
        | "SpreadTrain" >> beam.Reshuffle()
        | "FingerprintPairs" >> beam.ParDo(FingerprintPairs(plan))
        | "ByBucket" >> beam.GroupByKey()
        | "LaterPlaces" >> beam.MapTuple(lambda _, packed: later_places(packed))
    )
    held_out = (
        pipeline
        | "HeldOutShards" >> beam.Create(others)
        | "SpreadHeldOut" >> beam.Reshuffle()
        | "FingerprintSources" >> beam.ParDo(FingerprintSources(plan))
    )
    return (
        pipeline
        | "AllShards" >> beam.Create(tasks)
        | "SpreadAll" >> beam.Reshuffle()
        | "Clean"
        >> beam.ParDo(CleanShard(plan), beam.pvalue.AsList(duplicates), beam.pvalue.AsList(held_out))
    )


def _shards(examples: types.Artifact, cleaned: types.Artifact) -> list[Shard]:
    tasks: list[Shard] = []
    for split in artifact_utils.decode_split_names(examples.split_names):
        folder = artifact_utils.get_split_uri([cleaned], split)
        for path in shards(artifact_utils.get_split_uri([examples], split)):
            tasks.append(Shard(len(tasks), split, path, folder))
    return tasks


def _write(reports: list[tuple[int, CleaningReport]], folder: str) -> None:
    ordered = sorted(reports, key=lambda indexed: indexed[0])
    write_cleaning_report(merged(report for _, report in ordered), folder)


def _refuse_empty(report: CleaningReport) -> None:
    if not report.total(TRAIN):
        reasons = ", ".join(
            f"{reason}: {rejection.count}" for reason, rejection in sorted(report.rejected.items())
        )
        raise DataError(
            f"cleaning rejected all {report.total(TRAIN, after=False)} pairs of `train` ({reasons}); "
            "check that the languages are the right way round, or loosen the thresholds in `cleaning:`"
        )
