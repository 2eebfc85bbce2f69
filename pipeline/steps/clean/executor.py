"""Cleans in two passes over the shards: fingerprints first, which find duplicates and leaks, then scores and
rules.

Each pass reads and writes inside one DoFn, so that what Beam holds between them is 16 bytes a pair.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

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
from pipeline.steps.clean.fingerprints import (
    NumberSet,
    later_places,
    pack_by_bucket,
    pair_prints,
    text_prints,
)
from pipeline.steps.clean.report import (
    Changes,
    CleaningReport,
    Rejection,
    count,
    merged,
    read_cleaning_report,
    write_cleaning_report,
)
from pipeline.steps.clean.rules import CleaningReason, Rule, active_rules, first_reasons
from texts.cleaning.scores.base import TextBatch
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


class _Batch(NamedTuple):
    """N pairs as they were and as they are now."""

    pairs: PairBatch
    texts: TextBatch
    corpora: list[str]
    """As the report names them."""


class _Pass(beam.DoFn):
    """What both passes need."""

    def __init__(self, plan: CleanPlan) -> None:
        self._plan, self._extensions = plan, folders()

    def setup(self) -> None:
        """Once for each worker, which may be on another machine: scores are found there by their names."""
        add_senders_folders(self._extensions)

    def _texts(self, column: np.ndarray) -> list[str]:
        """A side as it goes into every split."""
        texts = [side.decode() for side in column.tolist()]
        if self._plan.cleaning.repair_unicode:
            texts = list(map(repair, texts))
        return list(map(normalise, texts))


class FingerprintPairs(_Pass):
    """A shard of train in; its pairs' fingerprints and places by bucket out."""

    def process(self, shard: Shard) -> Iterable[tuple[int, bytes]]:
        """Read the shard once."""
        prints, places = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
        for batch, stood in shard.batches():
            columns = self._texts(batch.source), self._texts(batch.target), batch.target_language.tolist()
            prints.append(pair_prints(*columns))
            places.append(stood)
        yield from pack_by_bucket(np.concatenate(prints), np.concatenate(places))


class FingerprintSources(_Pass):
    """A shard of dev or test in; its sources' fingerprints out."""

    def process(self, shard: Shard) -> Iterable[bytes]:
        """Read the shard once."""
        for batch in read_batches(shard.path):
            yield text_prints(self._texts(batch.source)).tobytes()


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
            for pairs, places in shard.batches():
                batch = _Batch(pairs, self._text_batch(pairs), _name_corpora(pairs))
                report.look(shard.split, batch.corpora, batch.texts.foreign)
                count(report.before, shard.split, batch.corpora)
                kept: Sequence[int] = range(len(places))
                if shard.split == TRAIN:
                    kept = self._clean(batch, self._duplicates.contain(places), self._held_out, report)
                _keep(batch, kept, shard.split, writer, report)
        yield shard.index, report

    def _text_batch(self, batch: PairBatch) -> TextBatch:
        """The texts of the pairs, in their own languages where the run has several directions."""
        cleaning, usual = self._plan.cleaning, (self._plan.languages.source, self._plan.languages.target)
        given = zip(batch.source_language.tolist(), batch.target_language.tolist(), strict=True)
        languages = [(source.decode(), target.decode()) if target else usual for source, target in given]
        source_languages, target_languages = zip(*languages, strict=True)
        return TextBatch(
            self._texts(batch.source),
            self._texts(batch.target),
            source_languages,
            target_languages,
            identify=bool(
                cleaning.drop_other_language or cleaning.max_other_language is not None or cleaning.scores
            ),
        )

    def _clean(
        self, batch: _Batch, repeated: np.ndarray, held_out: NumberSet, report: CleaningReport
    ) -> list[int]:
        """The rows that are kept; `repeated`: those of pairs that stood elsewhere before (bool [N])."""
        texts = batch.texts
        leaking = held_out.contain(text_prints(texts.sources))
        if self._plan.directions:
            # The target is a source in the other direction, whose dev and test sentences are no less secret.
            leaking |= held_out.contain(text_prints(texts.targets))
        report.lengths_before.add(texts)
        reasons = first_reasons(texts, self._rules or ())
        kept = []
        for row, (reason, leaks, again) in enumerate(
            zip(reasons, leaking.tolist(), repeated.tolist(), strict=True)
        ):
            if reason is None and leaks:
                reason = CleaningReason.LEAK.value
            elif reason is None and again:
                reason = CleaningReason.DUPLICATE.value
            if reason is None:
                kept.append(row)
                continue
            sides = texts.sources[row], texts.targets[row]
            rejection = report.rejected.setdefault(reason, Rejection())
            rejection.add(batch.corpora[row], int(batch.pairs.line[row]), *sides)
        report.lengths_after.add(texts, kept)
        return kept


def _name_corpora(batch: PairBatch) -> list[str]:
    """The corpus of each pair in the report, `news de-en` where there are several directions."""
    keys = list(
        zip(
            batch.corpus.tolist(), batch.source_language.tolist(), batch.target_language.tolist(), strict=True
        )
    )
    names = {}
    for corpus, source_language, target_language in set(keys):
        direction = Pair(b"", b"", corpus, 0, source_language, target_language).direction
        names[corpus, source_language, target_language] = " ".join(filter(None, (corpus.decode(), direction)))
    return [names[key] for key in keys]


def _keep(
    batch: _Batch, rows: Sequence[int], split: str, writer: ShardWriter, report: CleaningReport
) -> None:
    """Write the pairs of these rows with their sides as they are now."""
    if not rows:
        return
    count(report.after, split, [batch.corpora[row] for row in rows])
    changes = report.changed.setdefault(split, Changes())
    pairs = list(batch.pairs.pairs())
    for row in rows:
        kept = Pair(batch.texts.sources[row].encode(), batch.texts.targets[row].encode(), *pairs[row][2:])
        writer.write(kept)
        if kept != pairs[row]:
            changes.add(pairs[row][:2], kept[:2])


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
